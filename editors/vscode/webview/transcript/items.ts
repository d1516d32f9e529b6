/** What a conversation looks like to a person: a flat list of rows, in order. */
import type { HunkLine, PromptResult, SourceLine, ToolCallUpdate } from '../../src/protocol';

export type ToolStatus = NonNullable<ToolCallUpdate['status']>;
export type ToolKind = NonNullable<ToolCallUpdate['kind']>;
export type StopReason = PromptResult['stopReason'];
export type ErrorKind = NonNullable<PromptResult['errorKind']>;

interface Row {
  /** Stays the same as long as the row is there. */
  readonly key: string;
  /** Grows with every change, so that what is drawn knows whether it is old. */
  version: number;
  readonly turnId: string;
}

export interface UserItem extends Row {
  kind: 'user';
  messageId: string;
  text: string;
  links: { name: string; uri: string }[];
  images: { mimeType: string; data: string }[];
  /** Unix seconds. */
  at?: number;
}

export interface AnswerItem extends Row {
  kind: 'answer' | 'thought';
  messageId: string;
  text: string;
  /** False while it is being written. */
  done: boolean;
  interrupted: boolean;
  sources: SourceLine[];
}

export interface ToolItem extends Row {
  kind: 'tool';
  callId: string;
  title: string;
  toolKind: ToolKind;
  status: ToolStatus;
  input?: Record<string, unknown>;
  output: string[];
  locations: string[];
  interrupted: boolean;
  /** Unix seconds. */
  startedAt?: number;
  endedAt?: number;
}

export interface ChangedName {
  path: string;
  action: 'create' | 'delete' | 'move' | 'edit';
  newPath?: string;
}

/** Files that a turn changed at once. */
export interface ChangesItem extends Row {
  kind: 'changes';
  files: ChangedName[];
  changeIds: string[];
  undone: boolean;
}

/** Proposed changes of a turn, and what became of them. */
export interface ReviewItem extends Row {
  kind: 'review';
  waiting: Map<string, HunkLine[]>;
  accepted: number;
  rejected: number;
}

export interface NoticeItem extends Row {
  kind: 'notice';
  text: string;
}

export interface EndItem extends Row {
  kind: 'end';
  stopReason: StopReason;
  error?: string;
  errorKind?: ErrorKind;
  interrupted: boolean;
  seconds?: number;
  tokens: number;
  cost?: number;
  /** Whether nothing came after it yet: only then an answer can be made again. */
  newest: boolean;
}

export type Item = UserItem | AnswerItem | ToolItem | ChangesItem | ReviewItem | NoticeItem | EndItem;

export interface Spending {
  /** Tokens of the context in use now, and its size where it is known. */
  used: number;
  size?: number;
  inputTokens: number;
  outputTokens: number;
  cost?: number;
}

export interface Queued {
  queueId: string;
  text: string;
}

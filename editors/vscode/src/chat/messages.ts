/** What the chat page and the extension say to each other. Types only, so that both sides may import it. */
import type {
  CommandLine,
  DiffShown,
  HunksDecided,
  MentionLine,
  ModeChoice,
  ModelLine,
  Requests,
  RequestPermissionParams,
  Rewound,
  SessionLine,
  SessionUpdateParams,
  UsageReport,
} from '../protocol';
import type { ServerState } from '../conduit';

export type Mode = SessionLine['mode'];

/** Something that goes with a prompt. `text` is what a selection or the problems said when they were attached. */
export interface Attachment {
  kind: 'file' | 'folder' | 'selection' | 'problems' | 'terminal' | 'image';
  name: string;
  uri?: string;
  text?: string;
  mimeType?: string;
  /** A picture in base64. */
  data?: string;
  /** What stands for it in the text: when that is deleted, it goes too. */
  mention?: string;
}

/** What is in the input; `editing` is the message that sending it replaces. */
export interface Draft {
  text: string;
  attachments: Attachment[];
  editing?: string;
}

/** The conversation that a page shows; without an id it begins with the first prompt. */
export interface ChatInfo {
  sessionId?: string;
  title: string;
  mode: Mode;
  modes: ModeChoice[];
  /** An empty one means the server's default. */
  model: string;
}

export interface Setup {
  place: 'view' | 'tab';
  server: ServerState;
  problem?: string;
  /** What the server can do: a control for anything else is not shown. */
  methods: string[];
  models: ModelLine[];
  defaultModel: string;
  /** Shown on the empty page: the name of the active file, if there is one. */
  activeFile?: string;
  hasSelection: boolean;
  downloading?: { message: string; done: number; total: number };
}

/** A question of the server that waits for the person. */
export interface Question {
  id: string;
  request: RequestPermissionParams;
}

/** A button beside a sentence. */
export type Remedy = 'keys' | 'restart' | 'log' | 'menu' | 'new' | 'models';

export interface Problem {
  text: string;
  remedy?: Remedy;
}

/** What the page asks and gets an answer to. */
export interface Asks {
  mentions: { params: { query: string }; result: MentionLine[] };
  commands: { params: object; result: CommandLine[] };
  sessions: { params: { query: string; cursor?: string }; result: Requests['conduit/session/list']['result'] };
  rename: { params: { sessionId: string; title: string }; result: SessionLine };
  delete: { params: { sessionId: string }; result: { deleted: boolean } };
  export: { params: { sessionId: string }; result: { saved: boolean } };
  /** The draft as it was when it was refused is kept by the page. `sent` is false when the person has to act first. */
  send: { params: { draft: Draft; queue: boolean; files: boolean }; result: { sent: true } };
  regenerate: { params: { messageId: string; files: boolean }; result: { sent: true } };
  rewind: {
    params: { messageId: string; files: boolean; preview: boolean };
    result: Omit<Rewound, 'prompt'> & { draft: Draft };
  };
  unrewind: { params: object; result: { message: string } };
  unqueue: { params: { queueId: string }; result: Draft };
  pickFiles: { params: object; result: Attachment[] };
  dropped: { params: { uris: string[] }; result: Attachment[] };
  selection: { params: object; result: Attachment[] };
  problems: { params: object; result: Attachment[] };
  setMode: { params: { mode: Mode }; result: ChatInfo };
  setModel: { params: { model: string }; result: ChatInfo };
  models: { params: object; result: Requests['conduit/models/list']['result'] };
  hunks: { params: { turnId: string; accept: boolean; uri?: string }; result: HunksDecided };
  /** The message is empty when the person left it at the preview. */
  undo: { params: { turnId: string; redo: boolean }; result: { message: string } };
  /** Shows what a turn changed in a file. */
  diff: { params: { turnId: string; path: string }; result: DiffShown };
  insert: { params: { code: string }; result: { inserted: boolean } };
  apply: { params: { code: string }; result: { message: string } };
}

export type Ask = { [K in keyof Asks]: { type: 'ask'; id: number; what: K; params: Asks[K]['params'] } }[keyof Asks];

export type ToHost =
  | { type: 'ready' }
  | Ask
  | { type: 'stop' }
  | { type: 'answer'; id: string; optionId: string }
  | { type: 'draft'; draft: Draft }
  | { type: 'copy'; text: string }
  /** `line` is zero-based. */
  | { type: 'openFile'; name: string; line?: number }
  | { type: 'openLink'; url: string }
  | { type: 'openSession'; sessionId: string }
  | { type: 'newChat' }
  | { type: 'review'; uri?: string }
  | { type: 'makeReady'; model: ModelLine }
  | { type: 'remedy'; remedy: Remedy };

export type ToPage =
  | { type: 'setup'; setup: Setup }
  | { type: 'chat'; chat: ChatInfo }
  /** All of a conversation: what the page showed before goes. A draft that is `taken` was sent already. */
  | { type: 'load'; chat: ChatInfo; updates: SessionUpdateParams[]; questions: Question[]; draft: Draft; taken?: string }
  | { type: 'updates'; updates: SessionUpdateParams[] }
  | { type: 'questions'; questions: Question[] }
  | { type: 'usage'; usage: UsageReport }
  /** A prompt that was never sent: it goes before what is in the input. */
  | { type: 'giveBack'; draft: Draft }
  | { type: 'attach'; attachments: Attachment[] }
  | { type: 'focus'; where: 'input' | 'question' }
  | { type: 'show'; panel: 'chat' | 'history' }
  | { type: 'problem'; problem: Problem }
  | { type: 'answered'; id: number; result: unknown }
  | { type: 'refused'; id: number; problem: Problem };

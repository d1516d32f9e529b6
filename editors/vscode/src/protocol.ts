// Generated from the server's payloads by `poe protocol`; do not edit.

export const PROTOCOL_VERSION = 1;

/** A recording in base64. */
export interface AudioContent {
  type: 'audio';
  mimeType: string;
  data: string;
}

/** One cache; `tokens` are kept at the vendor, times are Unix seconds, left out where none is known. */
export interface CacheLine {
  provider: string;
  model: string;
  kind: 'explicit' | 'marks' | 'implicit' | 'none' | 'unknown';
  enabled: boolean;
  tokens: number;
  hits: number;
  cachedAt?: number;
  expiresAt?: number;
}

/** Answer of `list`, `disable` and `enable`. */
export interface CacheList {
  caches: CacheLine[];
}

/** The session whose model's cache is meant. */
export interface CacheParams {
  sessionId: string;
}

/** The answer to `cancel`: whether there was a turn to stop. */
export interface Cancelled {
  cancelled: boolean;
}

/** Files are changed, all of them or none; comes again with the outcome, which leaves the files out. */
export interface ChangeUpdate {
  sessionUpdate: 'change';
  changeId: string;
  status: 'started' | 'applied' | 'failed';
  cause?: 'turn' | 'accept' | 'undo' | 'redo';
  files?: ChangedFile[];
  reverts?: string[];
  detail?: string;
}

/** A file of a change: its name in the workspace, what happens to it, and its name afterwards if it moves. */
export interface ChangedFile {
  path: string;
  action: 'create' | 'delete' | 'move' | 'edit';
  newPath?: string;
}

/** One line of the doctor. */
export interface CheckLine {
  name: string;
  state: 'ok' | 'warning' | 'missing' | 'broken';
  detail: string;
}

/** `conduit/editor/codeActions`; with `resolve` only the action with that id, its `edit` filled in. */
export interface CodeActionsParams {
  textDocument: VersionedDocument;
  range: WireRange;
  only?: string[];
  resolve?: string;
}

/** Entries are `WireAction`. */
export interface CodeActionsResult {
  version?: number | null;
  actions?: WireAction[];
}

/** A command; `hint` says what may follow its name. */
export interface CommandLine {
  name: string;
  description: string;
  hint: string;
  source: 'builtin' | 'person' | 'project';
}

/** All commands by name. */
export interface CommandList {
  commands: CommandLine[];
}

/** A session is not needed: commands are those of the person and the workspace. */
export interface CommandParams {
  sessionId?: string | null;
}

/** The conversation went back to an earlier message, or to a branch: load the session again, from the beginning. */
export interface ConversationReset {
  sessionUpdate: 'conversation_reset';
}

/** An amount of money. */
export interface Cost {
  amount: number;
  currency: 'USD';
}

/** The mode changed. */
export interface CurrentModeUpdate {
  sessionUpdate: 'current_mode_update';
  currentModeId: 'ask' | 'review' | 'auto';
}

/** The session is gone: its log, its messages and what a search finds of it. */
export interface Deleted {
  deleted: 'True';
}

/** `conduit/editor/diagnostics`; the client may take up to `waitMs` until it has them for this version. */
export interface DiagnosticsParams {
  textDocument: VersionedDocument;
  waitMs: number;
}

/** `version` is null when the language servers do not say which version they speak of, or have said nothing yet. */
export interface DiagnosticsResult {
  version?: number | null;
  diagnostics?: unknown[];
}

/** `conduit/session/diff`: what a turn changed in files, without what was changed later. */
export interface DiffParams {
  sessionId?: string | null;
  turnId?: string | null;
  path?: string | null;
}

/** What is shown by now: one file in the editor's own difference (`sideBySide`), else a document with a diff. */
export interface DiffShown {
  sessionId: string;
  turnId: string;
  files: string[];
  sideBySide: boolean;
}

/** What works and what is missing; no network is asked. */
export interface DoctorReport {
  checks: CheckLine[];
  version: string;
}

/** `conduit/editor/save`, and what all questions about a document have. */
export interface DocumentParams {
  textDocument: VersionedDocument;
}

/** An open document. */
export interface DocumentRef {
  uri: string;
}

/** The document and its version when the range was picked. */
export interface EditedDocument {
  uri: string;
  version: number;
}

/** A text with the place that it is from. */
export interface EmbeddedResource {
  type: 'resource';
  resource: TextResource;
}

/** A conversation as Markdown, with tool calls folded. */
export interface Exported {
  title: string;
  markdown: string;
}

/** `conduit/session/fork`: a new session that starts after `messageId`, by default after the newest message. */
export interface ForkParams {
  sessionId: string;
  messageId?: string | null;
}

/** What became of a hunk. */
export interface HunkDecision {
  sessionUpdate: 'hunk_decision';
  hunkId: string;
  name: string;
  decision: 'accepted' | 'rejected' | 'regenerated' | 'withdrawn';
  changeId?: string;
}

/** One hunk: lines `line` up to `end_line` (zero-based, not included) of the document become `new_text`. */
export interface HunkLine {
  hunkId: string;
  sessionId: string;
  turnId: string;
  uri: string;
  name: string;
  kind: 'edit' | 'create' | 'delete' | 'move';
  line: number;
  endLine: number;
  oldText: string;
  newText: string;
  conflict: boolean;
  wasText?: string;
  movedTo?: string;
  note: string;
}

/** Hunks, file by file in order. */
export interface HunkList {
  hunks: HunkLine[];
}

/** Which hunks are meant: those that fit everything that is given. */
export interface HunkParams {
  sessionId?: string | null;
  hunkIds?: string[];
  turnId?: string | null;
  uri?: string | null;
}

/** Where a hunk is in the text that its file would have: lines `line` up to `end_line`, not included. */
export interface HunkPlace {
  hunkId: string;
  line: number;
  endLine: number;
}

/** What waits for the person in one file from now on, all of it; without hunks nothing does. */
export interface HunkUpdate {
  sessionUpdate: 'hunk';
  uri: string;
  name: string;
  hunks: HunkLine[];
}

/** What a decision came to; `left` are conflicts, which are only decided by name. */
export interface HunksDecided {
  hunkIds: string[];
  left: string[];
  changeIds: string[];
}

/** A picture in base64. */
export interface ImageContent {
  type: 'image';
  mimeType: string;
  data: string;
}

/** What to change, and how: of an empty range, the line that it is in. */
export interface InlineEditParams {
  textDocument: EditedDocument;
  range: WireRange;
  instruction?: string;
  code?: string;
  sessionId?: string | null;
  workDoneToken?: number | string | null;
}

/** The hunks that wait, in all files; `message` is a sentence for the person, and `error` why there are none. */
export interface InlineEditResult {
  sessionId: string;
  turnId: string;
  hunkIds: string[];
  message: string;
  stopReason: 'end_turn' | 'max_tokens' | 'max_turn_requests' | 'budget' | 'loop' | 'refusal' | 'cancelled' | 'error';
  error?: string;
}

/** Answer of `invalidate`: how many caches were deleted. */
export interface Invalidated {
  dropped: number;
}

/** Zero-based lines `start` up to `end` of the text afterwards; none where lines were deleted later. */
export interface KeptLines {
  start: number;
  end: number;
}

/** A vendor that takes a key, and where the key that counts is; `variable` may hold it in the environment. */
export interface KeyLine {
  vendor: string;
  name: string;
  source: 'environment' | 'keyring' | 'session' | 'none';
  variable: string;
  kept: boolean;
}

/** `keyring` says that keys can be kept in this system's keyring; if not, `problem` says why and what to do. */
export interface KeyList {
  keyring: boolean;
  problem: string;
  vendors: KeyLine[];
}

/** `conduit/session/list`; `cursor` is the `nextCursor` of the page before. */
export interface ListSessionsParams {
  cwd?: string | null;
  query?: string;
  cursor?: string | null;
  limit?: number;
}

/** `conduit/session/load`: the updates after number `replayFrom` come first, then the answer. */
export interface LoadSessionParams {
  sessionId: string;
  replayFrom?: number;
}

/** A file that a call reads or changes: its name in the workspace. */
export interface Location {
  path: string;
}

/** Entries are `Location` or `LocationLink`. */
export interface LocationsResult {
  version?: number | null;
  locations?: unknown[];
}

/** The zip file that was made; no conversation and no key is in it. */
export interface LogBundle {
  path: string;
}

/** What can be named; `uri` goes into a `resource_link`. */
export interface MentionLine {
  kind: 'file' | 'folder' | 'terminal';
  name: string;
  uri: string;
}

/** The terminal and open documents first, then the best matches; what is ignored or private is never among them. */
export interface MentionList {
  mentions: MentionLine[];
}

/** What was typed behind the `@`; a session is only needed to see files that it proposes. */
export interface MentionParams {
  query?: string;
  limit?: number;
  sessionId?: string | null;
}

/** More of a message; with `replace` it takes the place of all that was shown of the message before. */
export interface MessageChunk {
  sessionUpdate: 'user_message_chunk' | 'agent_message_chunk' | 'agent_thought_chunk';
  messageId: string;
  content: Record<string, unknown>;
  replace?: boolean;
  interrupted?: boolean;
}

/** One mode. */
export interface ModeChoice {
  id: string;
  name: string;
  description: string;
}

/** One model of a session's picker. */
export interface ModelChoiceLine {
  modelId: string;
  name: string;
  description: string;
}

/** One line of a model picker; `note` says what is missing when it is not `ready`. */
export interface ModelLine {
  modelId: string;
  name: string;
  vendor: string;
  ready: boolean;
  note: string;
  contextTokens?: number;
  maxOutputTokens?: number;
  capabilities: Record<string, boolean>;
}

/** The models there are, and the one that new sessions use. */
export interface ModelList {
  models: ModelLine[];
  defaultModelId: string;
}

/** The model in force and those that can be asked now. */
export interface Models {
  currentModelId: string;
  availableModels: ModelChoiceLine[];
}

/** The mode in force and those there are. */
export interface Modes {
  currentModeId: 'ask' | 'review' | 'auto';
  availableModes: ModeChoice[];
}

/** `conduit/session/new`: the working folder is an absolute path or a name in the workspace. */
export interface NewSessionParams {
  cwd?: string | null;
  mode?: 'ask' | 'review' | 'auto' | null;
  model?: string | null;
  title?: string;
}

/** A request without parameters. */
export interface NoParams {
}

/** A sentence for the person that no model sees. */
export interface NoticeUpdate {
  sessionUpdate: 'notice';
  text: string;
}

/** `conduit/editor/openDiff`: two states of the file `uri`. */
export interface OpenDiffParams {
  title: string;
  uri: string;
  before: string;
  after: string;
}

/** Whether the difference is shown. */
export interface OpenDiffResult {
  opened: boolean;
}

/** The answer to `new`, `load` and everything that sets; `last_seq` is where a later `replayFrom` may start. */
export interface OpenedSession {
  sessionId: string;
  session: SessionLine;
  modes: Modes;
  models: Models;
  lastSeq: number;
}

/** Parameters of completions. One that is left out is as before; null takes it away again. */
export interface Parameters {
  temperature?: number | null;
  topP?: number | null;
  topK?: number | null;
  maxTokens?: number | null;
  stop?: string[] | null;
  seed?: number | null;
  toolChoice?: 'auto' | 'required' | 'none' | null;
  parallelToolCalls?: boolean | null;
  thinking?: 'off' | 'low' | 'medium' | 'high' | 'max' | null;
  promptCache?: boolean | null;
  keepAliveS?: number | null;
  extra?: Record<string, unknown> | null;
}

/** One answer that the person can give. */
export interface PermissionOption {
  optionId: string;
  name: string;
  kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always';
}

/** What the person did. */
export interface PermissionOutcome {
  outcome: 'selected' | 'cancelled';
  optionId?: string | null;
}

/** The call that waits for the answer. */
export interface PermissionToolCall {
  toolCallId: string;
  title: string;
  kind: string;
  locations: Location[];
}

/** `conduit/editor/definition`. */
export interface PositionParams {
  textDocument: VersionedDocument;
  position: WirePosition;
}

/** What the person looks at; a selection is in the active document. */
export interface PromptContext {
  activeDocument?: DocumentRef | null;
  selection?: WireRange | null;
  openDocuments?: DocumentRef[];
}

/** `conduit/session/prompt`; `tools: false` switches all tools off for this prompt, `toolNames` leaves these. */
export interface PromptParams {
  sessionId: string;
  prompt: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[];
  context?: PromptContext | null;
  tools?: boolean;
  toolNames?: string[] | null;
  parameters?: Parameters | null;
  queue?: boolean;
}

/** The end of a turn; `error` is a sentence for the person when `stopReason` is `error`. */
export interface PromptResult {
  turnId: string;
  stopReason: 'end_turn' | 'max_tokens' | 'max_turn_requests' | 'budget' | 'loop' | 'refusal' | 'cancelled' | 'error';
  usage: TokenUsage;
  error?: string;
  errorKind?: 'network' | 'auth' | 'quota' | 'rate_limit' | 'balance' | 'permission' | 'not_found' | 'invalid_input' | 'context_overflow' | 'overloaded' | 'refused' | 'not_ready' | 'config' | 'internal' | 'invalid_answer' | 'unknown';
}

/** `conduit/hunk/text`: which file; without a session, that of the first one that proposes something for it. */
export interface ProposedParams {
  uri: string;
  sessionId?: string | null;
}

/** A file with all that one session proposes for it, conflicts too. */
export interface ProposedText {
  uri: string;
  sessionId: string;
  version?: number;
  before?: string;
  after?: string;
  places: HunkPlace[];
}

/** The prompts that wait for the running turn, all of them, the next one first. */
export interface QueueUpdate {
  sessionUpdate: 'queue_update';
  items: QueuedPrompt[];
}

/** A prompt that waits. */
export interface QueuedPrompt {
  queueId: string;
  text: string;
}

/** Whether the declaration counts as a reference. */
export interface ReferenceContext {
  includeDeclaration: boolean;
}

/** `conduit/editor/references`. */
export interface ReferencesParams {
  textDocument: VersionedDocument;
  position: WirePosition;
  context: ReferenceContext;
}

/** Let the model propose one hunk anew; `instruction` says what is wanted instead. */
export interface RegenerateParams {
  hunkId: string;
  sessionId?: string | null;
  instruction?: string;
}

/** `conduit/key/remove`: out of the keyring and out of this server's memory. */
export interface RemoveKeyParams {
  vendor: string;
}

/** `conduit/editor/rename`. */
export interface RenameParams {
  textDocument: VersionedDocument;
  position: WirePosition;
  newName: string;
}

/** `edit` is null when nothing can be renamed there. */
export interface RenameResult {
  version?: number | null;
  edit?: Record<string, unknown> | null;
}

/** `conduit/session/rename`. */
export interface RenameSessionParams {
  sessionId: string;
  title: string;
}

/** The session with its new title. */
export interface Renamed {
  session: SessionLine;
}

/** One effect of one call, shown whole: `preview` is a unified diff or the exact command. */
export interface RequestPermissionParams {
  sessionId: string;
  turnId: string;
  toolCall: PermissionToolCall;
  options: PermissionOption[];
  effect: string;
  preview: string;
  reason: string;
}

/** The client's answer. */
export interface RequestPermissionResult {
  outcome: PermissionOutcome;
}

/** `conduit/session/resend`: rewind to before `messageId`, then send `prompt`, by default the same words again. */
export interface ResendParams {
  sessionId: string;
  messageId: string;
  prompt?: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[] | null;
  files?: boolean;
  context?: PromptContext | null;
  queue?: boolean;
}

/** A file of the workspace, by URI; the server reads it as the editor shows it. */
export interface ResourceLink {
  type: 'resource_link';
  uri: string;
  name?: string;
}

/** `conduit/session/rewind`: back to before the person's message `messageId`. */
export interface RewindParams {
  sessionId: string;
  messageId: string;
  files?: boolean;
  preview?: boolean;
}

/** What a rewind did, or would do. */
export interface Rewound {
  sessionId: string;
  messageId: string;
  prompt: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[];
  removed: number;
  files: UndoneFile[];
  rewindId?: string;
  message: string;
}

/** Whether the document is on disk now; `version` is the one that was saved. */
export interface SaveResult {
  saved: boolean;
  version?: number | null;
  reason?: string;
}

/** Title, model, working folder, or the session's parameters, all of them. */
export interface SessionInfoUpdate {
  sessionUpdate: 'session_info_update';
  title?: string;
  model?: string;
  cwd?: string;
  parameters?: Parameters;
}

/** One session. Times are Unix seconds. */
export interface SessionLine {
  sessionId: string;
  title: string;
  mode: 'ask' | 'review' | 'auto';
  model: string;
  cwd: string;
  createdAt: number;
  updatedAt: number;
  messageCount: number;
  running: boolean;
  forkedFrom?: string;
  parameters: Parameters;
}

/** Sessions, newest first. */
export interface SessionList {
  sessions: SessionLine[];
  nextCursor?: string;
}

/** A request about one session. */
export interface SessionParams {
  sessionId: string;
}

/** What one conversation used, and how full the model's context is (`contextSize` is left out if unknown). */
export interface SessionSpend {
  inputTokens: number;
  outputTokens: number;
  cost?: Cost;
  unpriced: number;
  contextUsed: number;
  contextSize?: number;
}

/** `conduit/session/update`. One event may give several updates with the same `seq`. */
export interface SessionUpdateParams {
  sessionId: string;
  turnId?: string;
  seq?: number;
  at?: number;
  update: Update;
}

/** `conduit/key/set`: `session` keeps the key in this server's memory alone. */
export interface SetKeyParams {
  vendor: string;
  key: string;
  keep: 'keyring' | 'session';
}

/** `conduit/session/setMode`. */
export interface SetModeParams {
  sessionId: string;
  modeId: 'ask' | 'review' | 'auto';
}

/** `conduit/session/setModel`: an id, an alias or a bare name. */
export interface SetModelParams {
  sessionId: string;
  modelId: string;
}

/** `conduit/session/setParameters`. */
export interface SetParametersParams {
  sessionId: string;
  parameters: Parameters;
}

/** A page that an answer rests on. */
export interface SourceLine {
  url: string;
  title: string;
  date: string;
}

/** The pages that a message rests on, in the order of the numbers in its text; all of them. */
export interface SourcesUpdate {
  sessionUpdate: 'sources';
  messageId: string;
  sources: SourceLine[];
}

/** Tokens and money; `cost` sums what has a price, and of `unpriced` answers none is known. */
export interface Spend {
  inputTokens: number;
  outputTokens: number;
  cost?: Cost;
  unpriced: number;
}

/** `conduit/status`, server to client: what a status line shows. Bytes are those of a running download. */
export interface StatusNote {
  state: 'ready' | 'busy' | 'error' | 'downloading' | 'waiting';
  model: string;
  sessionId?: string;
  message: string;
  downloadedBytes?: number;
  totalBytes?: number;
}

/** `conduit/editor/symbols`: of a document, or of the project by a query. */
export interface SymbolsParams {
  textDocument?: VersionedDocument;
  query?: string;
}

/** Entries are `DocumentSymbol`, `SymbolInformation` or `WorkspaceSymbol`. */
export interface SymbolsResult {
  version?: number | null;
  symbols?: unknown[];
}

/** The selected text; empty when there is none. */
export interface TerminalSelectionResult {
  text?: string;
}

/** Plain text or Markdown. */
export interface TextContent {
  type: 'text';
  text: string;
}

/** A text that the client brings along. */
export interface TextResource {
  uri: string;
  text: string;
  mimeType?: string;
}

/** Tokens of one turn; `inputTokens` counts cache reads and writes too. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  reasoningTokens: number;
}

/** A tool call, or what is new about it; `content` holds blocks `{type: content, content: {type: text, text}}`. */
export interface ToolCallUpdate {
  sessionUpdate: 'tool_call' | 'tool_call_update';
  toolCallId: string;
  title?: string;
  kind?: 'read' | 'edit' | 'delete' | 'move' | 'search' | 'execute' | 'think' | 'fetch' | 'other';
  status?: 'pending' | 'in_progress' | 'completed' | 'failed';
  content?: Record<string, unknown>[];
  locations?: Location[];
  rawInput?: Record<string, unknown>;
  interrupted?: boolean;
}

/** A turn began, waits for the person, or ended. */
export interface TurnState {
  sessionUpdate: 'turn_state';
  state: 'running' | 'requires_action' | 'idle';
  stopReason?: 'end_turn' | 'max_tokens' | 'max_turn_requests' | 'budget' | 'loop' | 'refusal' | 'cancelled' | 'error';
  error?: string;
  errorKind?: 'network' | 'auth' | 'quota' | 'rate_limit' | 'balance' | 'permission' | 'not_found' | 'invalid_input' | 'context_overflow' | 'overloaded' | 'refused' | 'not_ready' | 'config' | 'internal' | 'invalid_answer' | 'unknown';
  interrupted?: boolean;
}

/** Which turn; by default the newest one that has something to undo (or the last undo, to redo). */
export interface UndoParams {
  sessionId?: string | null;
  turnId?: string | null;
  preview?: boolean;
}

/** Answer of both; `message` says it in words, `change_id` is left out of a preview. */
export interface UndoResult {
  sessionId: string;
  turnId: string;
  preview: boolean;
  changeId?: string;
  message: string;
  files: UndoneFile[];
}

/** What becomes of one file. */
export interface UndoneFile {
  path: string;
  newPath: string;
  action: 'create' | 'delete' | 'move' | 'edit' | 'none';
  lines: number;
  since: number;
  kept: KeptLines[];
  problems: string[];
}

/** Which prompt, by the `queueId` of `queue_update`. */
export interface UnqueueParams {
  sessionId: string;
  queueId: string;
}

/** What was taken out, to be edited; its own request is answered with `cancelled`. */
export interface Unqueued {
  prompt: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[];
}

/** The newest rewind was taken back: `restored` messages are in the conversation again, and its files. */
export interface Unrewound {
  sessionId: string;
  messageId: string;
  restored: number;
  files: UndoneFile[];
  message: string;
}

/** What was used today in this workspace, and in one session. */
export interface UsageReport {
  today: Spend;
  session?: SessionSpend;
}

/** Without a session, only the day is reported. */
export interface UsageReportParams {
  sessionId?: string | null;
}

/** Tokens that the newest completion took up (`used`), its parts, and what it cost where a price is known. */
export interface UsageUpdate {
  sessionUpdate: 'usage_update';
  used: number;
  size?: number;
  usage: TokenUsage;
  cost?: Cost;
}

/** A document, and the version that the server has of it; without one it is not open as far as the server knows. */
export interface VersionedDocument {
  uri: string;
  version?: number;
}

/** LSP's `CodeAction` with an `id` by which the client knows it again; `edit` only when it was resolved. */
export interface WireAction {
  id: string;
  title: string;
  kind?: string | null;
  isPreferred?: boolean;
  disabled?: WireDisabled | null;
  edit?: Record<string, unknown> | null;
}

/** Why an action cannot be taken. */
export interface WireDisabled {
  reason: string;
}

/** A zero-based line and a column in the negotiated unit. */
export interface WirePosition {
  line: number;
  character: number;
}

/** From `start` up to, not including, `end`. */
export interface WireRange {
  start: WirePosition;
  end: WirePosition;
}

export type Update = MessageChunk | ToolCallUpdate | CurrentModeUpdate | SessionInfoUpdate | UsageUpdate | SourcesUpdate | TurnState | NoticeUpdate | HunkUpdate | HunkDecision | ChangeUpdate | ConversationReset | QueueUpdate;

/** What the extension asks the server. */
export interface Requests {
  'conduit/cache/disable': { params: CacheParams; result: CacheList };
  'conduit/cache/enable': { params: CacheParams; result: CacheList };
  'conduit/cache/invalidate': { params: CacheParams; result: Invalidated };
  'conduit/cache/list': { params: CacheParams; result: CacheList };
  'conduit/command/list': { params: CommandParams; result: CommandList };
  'conduit/doctor': { params: NoParams; result: DoctorReport };
  'conduit/hunk/accept': { params: HunkParams; result: HunksDecided };
  'conduit/hunk/list': { params: HunkParams; result: HunkList };
  'conduit/hunk/regenerate': { params: RegenerateParams; result: PromptResult };
  'conduit/hunk/reject': { params: HunkParams; result: HunksDecided };
  'conduit/hunk/text': { params: ProposedParams; result: ProposedText };
  'conduit/inlineEdit': { params: InlineEditParams; result: InlineEditResult };
  'conduit/key/list': { params: NoParams; result: KeyList };
  'conduit/key/remove': { params: RemoveKeyParams; result: KeyList };
  'conduit/key/set': { params: SetKeyParams; result: KeyList };
  'conduit/logs/collect': { params: NoParams; result: LogBundle };
  'conduit/mention/list': { params: MentionParams; result: MentionList };
  'conduit/models/list': { params: NoParams; result: ModelList };
  'conduit/session/cancel': { params: SessionParams; result: Cancelled };
  'conduit/session/delete': { params: SessionParams; result: Deleted };
  'conduit/session/diff': { params: DiffParams; result: DiffShown };
  'conduit/session/export': { params: SessionParams; result: Exported };
  'conduit/session/fork': { params: ForkParams; result: OpenedSession };
  'conduit/session/list': { params: ListSessionsParams; result: SessionList };
  'conduit/session/load': { params: LoadSessionParams; result: OpenedSession };
  'conduit/session/new': { params: NewSessionParams; result: OpenedSession };
  'conduit/session/prompt': { params: PromptParams; result: PromptResult };
  'conduit/session/redo': { params: UndoParams; result: UndoResult };
  'conduit/session/rename': { params: RenameSessionParams; result: Renamed };
  'conduit/session/resend': { params: ResendParams; result: PromptResult };
  'conduit/session/rewind': { params: RewindParams; result: Rewound };
  'conduit/session/setMode': { params: SetModeParams; result: OpenedSession };
  'conduit/session/setModel': { params: SetModelParams; result: OpenedSession };
  'conduit/session/setParameters': { params: SetParametersParams; result: OpenedSession };
  'conduit/session/undo': { params: UndoParams; result: UndoResult };
  'conduit/session/unqueue': { params: UnqueueParams; result: Unqueued };
  'conduit/session/unrewind': { params: SessionParams; result: Unrewound };
  'conduit/usage/report': { params: UsageReportParams; result: UsageReport };
}

/** What the server asks the extension. */
export interface ServerRequests {
  'conduit/session/requestPermission': { params: RequestPermissionParams; result: RequestPermissionResult };
  'conduit/editor/save': { params: DocumentParams; result: SaveResult };
  'conduit/editor/diagnostics': { params: DiagnosticsParams; result: DiagnosticsResult };
  'conduit/editor/references': { params: ReferencesParams; result: LocationsResult };
  'conduit/editor/definition': { params: PositionParams; result: LocationsResult };
  'conduit/editor/rename': { params: RenameParams; result: RenameResult };
  'conduit/editor/symbols': { params: SymbolsParams; result: SymbolsResult };
  'conduit/editor/codeActions': { params: CodeActionsParams; result: CodeActionsResult };
  'conduit/editor/terminalSelection': { params: NoParams; result: TerminalSelectionResult };
  'conduit/editor/openDiff': { params: OpenDiffParams; result: OpenDiffResult };
}

/** What the server tells the extension. */
export interface ServerNotifications {
  'conduit/session/update': SessionUpdateParams;
  'conduit/status': StatusNote;
}

-- Generated from the server's payloads by `poe protocol`; do not edit.

---A recording in base64.
---@class conduit.AudioContent
---@field type 'audio'
---@field mimeType string
---@field data string

---One cache; `tokens` are kept at the vendor, times are Unix seconds, left out where none is known.
---@class conduit.CacheLine
---@field provider string
---@field model string
---@field kind 'explicit'|'marks'|'implicit'|'none'|'unknown'
---@field enabled boolean
---@field tokens number
---@field hits number
---@field cachedAt? number
---@field expiresAt? number

---Answer of `list`, `disable` and `enable`.
---@class conduit.CacheList
---@field caches conduit.CacheLine[]

---The session whose model's cache is meant.
---@class conduit.CacheParams
---@field sessionId string

---The answer to `cancel`: whether there was a turn to stop.
---@class conduit.Cancelled
---@field cancelled boolean

---Files are changed, all of them or none; comes again with the outcome, which leaves the files out.
---@class conduit.ChangeUpdate
---@field sessionUpdate 'change'
---@field changeId string
---@field status 'started'|'applied'|'failed'
---@field cause? 'turn'|'accept'|'undo'|'redo'
---@field files? conduit.ChangedFile[]
---@field reverts? string[]
---@field detail? string

---A file of a change: its name in the workspace, what happens to it, and its name afterwards if it moves.
---@class conduit.ChangedFile
---@field path string
---@field action 'create'|'delete'|'move'|'edit'
---@field newPath? string

---One line of the doctor.
---@class conduit.CheckLine
---@field name string
---@field state 'ok'|'warning'|'missing'|'broken'
---@field detail string

---`conduit/editor/codeActions`; with `resolve` only the action with that id, its `edit` filled in.
---@class conduit.CodeActionsParams
---@field textDocument conduit.VersionedDocument
---@field range conduit.WireRange
---@field only? string[]
---@field resolve? string

---Entries are `WireAction`.
---@class conduit.CodeActionsResult
---@field version? number|nil
---@field actions? conduit.WireAction[]

---A command; `hint` says what may follow its name.
---@class conduit.CommandLine
---@field name string
---@field description string
---@field hint string
---@field source 'builtin'|'person'|'project'

---All commands by name.
---@class conduit.CommandList
---@field commands conduit.CommandLine[]

---A session is not needed: commands are those of the person and the workspace.
---@class conduit.CommandParams
---@field sessionId? string|nil

---The conversation went back to an earlier message, or to a branch: load the session again, from the beginning.
---@class conduit.ConversationReset
---@field sessionUpdate 'conversation_reset'

---An amount of money.
---@class conduit.Cost
---@field amount number
---@field currency 'USD'

---The mode changed.
---@class conduit.CurrentModeUpdate
---@field sessionUpdate 'current_mode_update'
---@field currentModeId 'ask'|'review'|'auto'

---The session is gone: its log, its messages and what a search finds of it.
---@class conduit.Deleted
---@field deleted 'True'

---`conduit/editor/diagnostics`; the client may take up to `waitMs` until it has them for this version.
---@class conduit.DiagnosticsParams
---@field textDocument conduit.VersionedDocument
---@field waitMs number

---`version` is null when the language servers do not say which version they speak of, or have said nothing yet.
---@class conduit.DiagnosticsResult
---@field version? number|nil
---@field diagnostics? any[]

---`conduit/session/diff`: what a turn changed in files, without what was changed later.
---@class conduit.DiffParams
---@field sessionId? string|nil
---@field turnId? string|nil
---@field path? string|nil

---What is shown by now: one file in the editor's own difference (`sideBySide`), else a document with a diff.
---@class conduit.DiffShown
---@field sessionId string
---@field turnId string
---@field files string[]
---@field sideBySide boolean

---What works and what is missing; no network is asked.
---@class conduit.DoctorReport
---@field checks conduit.CheckLine[]
---@field version string

---`conduit/editor/save`, and what all questions about a document have.
---@class conduit.DocumentParams
---@field textDocument conduit.VersionedDocument

---An open document.
---@class conduit.DocumentRef
---@field uri string

---The document and its version when the range was picked.
---@class conduit.EditedDocument
---@field uri string
---@field version number

---A text with the place that it is from.
---@class conduit.EmbeddedResource
---@field type 'resource'
---@field resource conduit.TextResource

---A conversation as Markdown, with tool calls folded.
---@class conduit.Exported
---@field title string
---@field markdown string

---`conduit/session/fork`: a new session that starts after `messageId`, by default after the newest message.
---@class conduit.ForkParams
---@field sessionId string
---@field messageId? string|nil

---What became of a hunk.
---@class conduit.HunkDecision
---@field sessionUpdate 'hunk_decision'
---@field hunkId string
---@field name string
---@field decision 'accepted'|'rejected'|'regenerated'|'withdrawn'
---@field changeId? string

---One hunk: lines `line` up to `end_line` (zero-based, not included) of the document become `new_text`.
---@class conduit.HunkLine
---@field hunkId string
---@field sessionId string
---@field turnId string
---@field uri string
---@field name string
---@field kind 'edit'|'create'|'delete'|'move'
---@field line number
---@field endLine number
---@field oldText string
---@field newText string
---@field conflict boolean
---@field wasText? string
---@field movedTo? string
---@field note string

---Hunks, file by file in order.
---@class conduit.HunkList
---@field hunks conduit.HunkLine[]

---Which hunks are meant: those that fit everything that is given.
---@class conduit.HunkParams
---@field sessionId? string|nil
---@field hunkIds? string[]
---@field turnId? string|nil
---@field uri? string|nil

---Where a hunk is in the text that its file would have: lines `line` up to `end_line`, not included.
---@class conduit.HunkPlace
---@field hunkId string
---@field line number
---@field endLine number

---What waits for the person in one file from now on, all of it; without hunks nothing does.
---@class conduit.HunkUpdate
---@field sessionUpdate 'hunk'
---@field uri string
---@field name string
---@field hunks conduit.HunkLine[]

---What a decision came to; `left` are conflicts, which are only decided by name.
---@class conduit.HunksDecided
---@field hunkIds string[]
---@field left string[]
---@field changeIds string[]

---A picture in base64.
---@class conduit.ImageContent
---@field type 'image'
---@field mimeType string
---@field data string

---What to change, and how: of an empty range, the line that it is in.
---@class conduit.InlineEditParams
---@field textDocument conduit.EditedDocument
---@field range conduit.WireRange
---@field instruction? string
---@field code? string
---@field sessionId? string|nil
---@field workDoneToken? number|string|nil

---The hunks that wait, in all files; `message` is a sentence for the person, and `error` why there are none.
---@class conduit.InlineEditResult
---@field sessionId string
---@field turnId string
---@field hunkIds string[]
---@field message string
---@field stopReason 'end_turn'|'max_tokens'|'max_turn_requests'|'budget'|'loop'|'refusal'|'cancelled'|'error'
---@field error? string

---Answer of `invalidate`: how many caches were deleted.
---@class conduit.Invalidated
---@field dropped number

---Zero-based lines `start` up to `end` of the text afterwards; none where lines were deleted later.
---@class conduit.KeptLines
---@field start number
---@field end number

---A vendor that takes a key, and where the key that counts is; `variable` may hold it in the environment.
---@class conduit.KeyLine
---@field vendor string
---@field name string
---@field source 'environment'|'keyring'|'session'|'none'
---@field variable string
---@field kept boolean

---`keyring` says that keys can be kept in this system's keyring; if not, `problem` says why and what to do.
---@class conduit.KeyList
---@field keyring boolean
---@field problem string
---@field vendors conduit.KeyLine[]

---`conduit/session/list`; `cursor` is the `nextCursor` of the page before.
---@class conduit.ListSessionsParams
---@field cwd? string|nil
---@field query? string
---@field cursor? string|nil
---@field limit? number

---`conduit/session/load`: the updates after number `replayFrom` come first, then the answer.
---@class conduit.LoadSessionParams
---@field sessionId string
---@field replayFrom? number

---A file that a call reads or changes: its name in the workspace.
---@class conduit.Location
---@field path string

---Entries are `Location` or `LocationLink`.
---@class conduit.LocationsResult
---@field version? number|nil
---@field locations? any[]

---The zip file that was made; no conversation and no key is in it.
---@class conduit.LogBundle
---@field path string

---What can be named; `uri` goes into a `resource_link`.
---@class conduit.MentionLine
---@field kind 'file'|'folder'|'terminal'
---@field name string
---@field uri string

---The terminal and open documents first, then the best matches; what is ignored or private is never among them.
---@class conduit.MentionList
---@field mentions conduit.MentionLine[]

---What was typed behind the `@`; a session is only needed to see files that it proposes.
---@class conduit.MentionParams
---@field query? string
---@field limit? number
---@field sessionId? string|nil

---More of a message; with `replace` it takes the place of all that was shown of the message before.
---@class conduit.MessageChunk
---@field sessionUpdate 'user_message_chunk'|'agent_message_chunk'|'agent_thought_chunk'
---@field messageId string
---@field content table<string, any>
---@field replace? boolean
---@field interrupted? boolean

---One mode.
---@class conduit.ModeChoice
---@field id string
---@field name string
---@field description string

---One model of a session's picker.
---@class conduit.ModelChoiceLine
---@field modelId string
---@field name string
---@field description string

---One line of a model picker; `note` says what is missing when it is not `ready`.
---@class conduit.ModelLine
---@field modelId string
---@field name string
---@field vendor string
---@field ready boolean
---@field note string
---@field contextTokens? number
---@field maxOutputTokens? number
---@field capabilities table<string, boolean>

---The models there are, and the one that new sessions use.
---@class conduit.ModelList
---@field models conduit.ModelLine[]
---@field defaultModelId string

---The model in force and those that can be asked now.
---@class conduit.Models
---@field currentModelId string
---@field availableModels conduit.ModelChoiceLine[]

---The mode in force and those there are.
---@class conduit.Modes
---@field currentModeId 'ask'|'review'|'auto'
---@field availableModes conduit.ModeChoice[]

---`conduit/session/new`: the working folder is an absolute path or a name in the workspace.
---@class conduit.NewSessionParams
---@field cwd? string|nil
---@field mode? 'ask'|'review'|'auto'|nil
---@field model? string|nil
---@field title? string

---A request without parameters.
---@class conduit.NoParams

---A sentence for the person that no model sees.
---@class conduit.NoticeUpdate
---@field sessionUpdate 'notice'
---@field text string

---`conduit/editor/openDiff`: two states of the file `uri`.
---@class conduit.OpenDiffParams
---@field title string
---@field uri string
---@field before string
---@field after string

---Whether the difference is shown.
---@class conduit.OpenDiffResult
---@field opened boolean

---The answer to `new`, `load` and everything that sets; `last_seq` is where a later `replayFrom` may start.
---@class conduit.OpenedSession
---@field sessionId string
---@field session conduit.SessionLine
---@field modes conduit.Modes
---@field models conduit.Models
---@field lastSeq number

---Parameters of completions. One that is left out is as before; null takes it away again.
---@class conduit.Parameters
---@field temperature? number|nil
---@field topP? number|nil
---@field topK? number|nil
---@field maxTokens? number|nil
---@field stop? string[]|nil
---@field seed? number|nil
---@field toolChoice? 'auto'|'required'|'none'|nil
---@field parallelToolCalls? boolean|nil
---@field thinking? 'off'|'low'|'medium'|'high'|'max'|nil
---@field promptCache? boolean|nil
---@field keepAliveS? number|nil
---@field extra? table<string, any>|nil

---One answer that the person can give.
---@class conduit.PermissionOption
---@field optionId string
---@field name string
---@field kind 'allow_once'|'allow_always'|'reject_once'|'reject_always'

---What the person did.
---@class conduit.PermissionOutcome
---@field outcome 'selected'|'cancelled'
---@field optionId? string|nil

---The call that waits for the answer.
---@class conduit.PermissionToolCall
---@field toolCallId string
---@field title string
---@field kind string
---@field locations conduit.Location[]

---`conduit/editor/definition`.
---@class conduit.PositionParams
---@field textDocument conduit.VersionedDocument
---@field position conduit.WirePosition

---What the person looks at; a selection is in the active document.
---@class conduit.PromptContext
---@field activeDocument? conduit.DocumentRef|nil
---@field selection? conduit.WireRange|nil
---@field openDocuments? conduit.DocumentRef[]

---`conduit/session/prompt`; `tools: false` switches all tools off for this prompt, `toolNames` leaves these.
---@class conduit.PromptParams
---@field sessionId string
---@field prompt (conduit.TextContent|conduit.ImageContent|conduit.AudioContent|conduit.ResourceLink|conduit.EmbeddedResource)[]
---@field context? conduit.PromptContext|nil
---@field tools? boolean
---@field toolNames? string[]|nil
---@field parameters? conduit.Parameters|nil
---@field queue? boolean

---The end of a turn; `error` is a sentence for the person when `stopReason` is `error`.
---@class conduit.PromptResult
---@field turnId string
---@field stopReason 'end_turn'|'max_tokens'|'max_turn_requests'|'budget'|'loop'|'refusal'|'cancelled'|'error'
---@field usage conduit.TokenUsage
---@field error? string
---@field errorKind? 'network'|'auth'|'quota'|'rate_limit'|'balance'|'permission'|'not_found'|'invalid_input'|'context_overflow'|'overloaded'|'refused'|'not_ready'|'config'|'internal'|'invalid_answer'|'unknown'

---`conduit/hunk/text`: which file; without a session, that of the first one that proposes something for it.
---@class conduit.ProposedParams
---@field uri string
---@field sessionId? string|nil

---A file with all that one session proposes for it, conflicts too.
---@class conduit.ProposedText
---@field uri string
---@field sessionId string
---@field version? number
---@field before? string
---@field after? string
---@field places conduit.HunkPlace[]

---The prompts that wait for the running turn, all of them, the next one first.
---@class conduit.QueueUpdate
---@field sessionUpdate 'queue_update'
---@field items conduit.QueuedPrompt[]

---A prompt that waits.
---@class conduit.QueuedPrompt
---@field queueId string
---@field text string

---Whether the declaration counts as a reference.
---@class conduit.ReferenceContext
---@field includeDeclaration boolean

---`conduit/editor/references`.
---@class conduit.ReferencesParams
---@field textDocument conduit.VersionedDocument
---@field position conduit.WirePosition
---@field context conduit.ReferenceContext

---Let the model propose one hunk anew; `instruction` says what is wanted instead.
---@class conduit.RegenerateParams
---@field hunkId string
---@field sessionId? string|nil
---@field instruction? string

---`conduit/key/remove`: out of the keyring and out of this server's memory.
---@class conduit.RemoveKeyParams
---@field vendor string

---`conduit/editor/rename`.
---@class conduit.RenameParams
---@field textDocument conduit.VersionedDocument
---@field position conduit.WirePosition
---@field newName string

---`edit` is null when nothing can be renamed there.
---@class conduit.RenameResult
---@field version? number|nil
---@field edit? table<string, any>|nil

---`conduit/session/rename`.
---@class conduit.RenameSessionParams
---@field sessionId string
---@field title string

---The session with its new title.
---@class conduit.Renamed
---@field session conduit.SessionLine

---One effect of one call, shown whole: `preview` is a unified diff or the exact command.
---@class conduit.RequestPermissionParams
---@field sessionId string
---@field turnId string
---@field toolCall conduit.PermissionToolCall
---@field options conduit.PermissionOption[]
---@field effect string
---@field preview string
---@field reason string

---The client's answer.
---@class conduit.RequestPermissionResult
---@field outcome conduit.PermissionOutcome

---`conduit/session/resend`: rewind to before `messageId`, then send `prompt`, by default the same words again.
---@class conduit.ResendParams
---@field sessionId string
---@field messageId string
---@field prompt? (conduit.TextContent|conduit.ImageContent|conduit.AudioContent|conduit.ResourceLink|conduit.EmbeddedResource)[]|nil
---@field files? boolean
---@field context? conduit.PromptContext|nil
---@field queue? boolean

---A file of the workspace, by URI; the server reads it as the editor shows it.
---@class conduit.ResourceLink
---@field type 'resource_link'
---@field uri string
---@field name? string

---`conduit/session/rewind`: back to before the person's message `messageId`.
---@class conduit.RewindParams
---@field sessionId string
---@field messageId string
---@field files? boolean
---@field preview? boolean

---What a rewind did, or would do.
---@class conduit.Rewound
---@field sessionId string
---@field messageId string
---@field prompt (conduit.TextContent|conduit.ImageContent|conduit.AudioContent|conduit.ResourceLink|conduit.EmbeddedResource)[]
---@field removed number
---@field files conduit.UndoneFile[]
---@field rewindId? string
---@field message string

---Whether the document is on disk now; `version` is the one that was saved.
---@class conduit.SaveResult
---@field saved boolean
---@field version? number|nil
---@field reason? string

---Title, model, working folder, or the session's parameters, all of them.
---@class conduit.SessionInfoUpdate
---@field sessionUpdate 'session_info_update'
---@field title? string
---@field model? string
---@field cwd? string
---@field parameters? conduit.Parameters

---One session. Times are Unix seconds.
---@class conduit.SessionLine
---@field sessionId string
---@field title string
---@field mode 'ask'|'review'|'auto'
---@field model string
---@field cwd string
---@field createdAt number
---@field updatedAt number
---@field messageCount number
---@field running boolean
---@field forkedFrom? string
---@field parameters conduit.Parameters

---Sessions, newest first.
---@class conduit.SessionList
---@field sessions conduit.SessionLine[]
---@field nextCursor? string

---A request about one session.
---@class conduit.SessionParams
---@field sessionId string

---What one conversation used, and how full the model's context is (`contextSize` is left out if unknown).
---@class conduit.SessionSpend
---@field inputTokens number
---@field outputTokens number
---@field cost? conduit.Cost
---@field unpriced number
---@field contextUsed number
---@field contextSize? number

---`conduit/session/update`. One event may give several updates with the same `seq`.
---@class conduit.SessionUpdateParams
---@field sessionId string
---@field turnId? string
---@field seq? number
---@field at? number
---@field update conduit.Update

---`conduit/key/set`: `session` keeps the key in this server's memory alone.
---@class conduit.SetKeyParams
---@field vendor string
---@field key string
---@field keep 'keyring'|'session'

---`conduit/session/setMode`.
---@class conduit.SetModeParams
---@field sessionId string
---@field modeId 'ask'|'review'|'auto'

---`conduit/session/setModel`: an id, an alias or a bare name.
---@class conduit.SetModelParams
---@field sessionId string
---@field modelId string

---`conduit/session/setParameters`.
---@class conduit.SetParametersParams
---@field sessionId string
---@field parameters conduit.Parameters

---A page that an answer rests on.
---@class conduit.SourceLine
---@field url string
---@field title string
---@field date string

---The pages that a message rests on, in the order of the numbers in its text; all of them.
---@class conduit.SourcesUpdate
---@field sessionUpdate 'sources'
---@field messageId string
---@field sources conduit.SourceLine[]

---Tokens and money; `cost` sums what has a price, and of `unpriced` answers none is known.
---@class conduit.Spend
---@field inputTokens number
---@field outputTokens number
---@field cost? conduit.Cost
---@field unpriced number

---`conduit/status`, server to client: what a status line shows. Bytes are those of a running download.
---@class conduit.StatusNote
---@field state 'ready'|'busy'|'error'|'downloading'|'waiting'
---@field model string
---@field sessionId? string
---@field message string
---@field downloadedBytes? number
---@field totalBytes? number

---`conduit/editor/symbols`: of a document, or of the project by a query.
---@class conduit.SymbolsParams
---@field textDocument? conduit.VersionedDocument
---@field query? string

---Entries are `DocumentSymbol`, `SymbolInformation` or `WorkspaceSymbol`.
---@class conduit.SymbolsResult
---@field version? number|nil
---@field symbols? any[]

---The selected text; empty when there is none.
---@class conduit.TerminalSelectionResult
---@field text? string

---Plain text or Markdown.
---@class conduit.TextContent
---@field type 'text'
---@field text string

---A text that the client brings along.
---@class conduit.TextResource
---@field uri string
---@field text string
---@field mimeType? string

---Tokens of one turn; `inputTokens` counts cache reads and writes too.
---@class conduit.TokenUsage
---@field inputTokens number
---@field outputTokens number
---@field cacheReadTokens number
---@field cacheWriteTokens number
---@field reasoningTokens number

---A tool call, or what is new about it; `content` holds blocks `{type: content, content: {type: text, text}}`.
---@class conduit.ToolCallUpdate
---@field sessionUpdate 'tool_call'|'tool_call_update'
---@field toolCallId string
---@field title? string
---@field kind? 'read'|'edit'|'delete'|'move'|'search'|'execute'|'think'|'fetch'|'other'
---@field status? 'pending'|'in_progress'|'completed'|'failed'
---@field content? table<string, any>[]
---@field locations? conduit.Location[]
---@field rawInput? table<string, any>
---@field interrupted? boolean

---A turn began, waits for the person, or ended.
---@class conduit.TurnState
---@field sessionUpdate 'turn_state'
---@field state 'running'|'requires_action'|'idle'
---@field stopReason? 'end_turn'|'max_tokens'|'max_turn_requests'|'budget'|'loop'|'refusal'|'cancelled'|'error'
---@field error? string
---@field errorKind? 'network'|'auth'|'quota'|'rate_limit'|'balance'|'permission'|'not_found'|'invalid_input'|'context_overflow'|'overloaded'|'refused'|'not_ready'|'config'|'internal'|'invalid_answer'|'unknown'
---@field interrupted? boolean

---Which turn; by default the newest one that has something to undo (or the last undo, to redo).
---@class conduit.UndoParams
---@field sessionId? string|nil
---@field turnId? string|nil
---@field preview? boolean

---Answer of both; `message` says it in words, `change_id` is left out of a preview.
---@class conduit.UndoResult
---@field sessionId string
---@field turnId string
---@field preview boolean
---@field changeId? string
---@field message string
---@field files conduit.UndoneFile[]

---What becomes of one file.
---@class conduit.UndoneFile
---@field path string
---@field newPath string
---@field action 'create'|'delete'|'move'|'edit'|'none'
---@field lines number
---@field since number
---@field kept conduit.KeptLines[]
---@field problems string[]

---Which prompt, by the `queueId` of `queue_update`.
---@class conduit.UnqueueParams
---@field sessionId string
---@field queueId string

---What was taken out, to be edited; its own request is answered with `cancelled`.
---@class conduit.Unqueued
---@field prompt (conduit.TextContent|conduit.ImageContent|conduit.AudioContent|conduit.ResourceLink|conduit.EmbeddedResource)[]

---The newest rewind was taken back: `restored` messages are in the conversation again, and its files.
---@class conduit.Unrewound
---@field sessionId string
---@field messageId string
---@field restored number
---@field files conduit.UndoneFile[]
---@field message string

---What was used today in this workspace, and in one session.
---@class conduit.UsageReport
---@field today conduit.Spend
---@field session? conduit.SessionSpend

---Without a session, only the day is reported.
---@class conduit.UsageReportParams
---@field sessionId? string|nil

---Tokens that the newest completion took up (`used`), its parts, and what it cost where a price is known.
---@class conduit.UsageUpdate
---@field sessionUpdate 'usage_update'
---@field used number
---@field size? number
---@field usage conduit.TokenUsage
---@field cost? conduit.Cost

---A document, and the version that the server has of it; without one it is not open as far as the server knows.
---@class conduit.VersionedDocument
---@field uri string
---@field version? number

---LSP's `CodeAction` with an `id` by which the client knows it again; `edit` only when it was resolved.
---@class conduit.WireAction
---@field id string
---@field title string
---@field kind? string|nil
---@field isPreferred? boolean
---@field disabled? conduit.WireDisabled|nil
---@field edit? table<string, any>|nil

---Why an action cannot be taken.
---@class conduit.WireDisabled
---@field reason string

---A zero-based line and a column in the negotiated unit.
---@class conduit.WirePosition
---@field line number
---@field character number

---From `start` up to, not including, `end`.
---@class conduit.WireRange
---@field start conduit.WirePosition
---@field end conduit.WirePosition

---@alias conduit.Update conduit.MessageChunk|conduit.ToolCallUpdate|conduit.CurrentModeUpdate|conduit.SessionInfoUpdate|conduit.UsageUpdate|conduit.SourcesUpdate|conduit.TurnState|conduit.NoticeUpdate|conduit.HunkUpdate|conduit.HunkDecision|conduit.ChangeUpdate|conduit.ConversationReset|conduit.QueueUpdate

return {
  version = 1,
  requests = {
    'conduit/cache/disable', -- CacheParams -> CacheList
    'conduit/cache/enable', -- CacheParams -> CacheList
    'conduit/cache/invalidate', -- CacheParams -> Invalidated
    'conduit/cache/list', -- CacheParams -> CacheList
    'conduit/command/list', -- CommandParams -> CommandList
    'conduit/doctor', -- NoParams -> DoctorReport
    'conduit/hunk/accept', -- HunkParams -> HunksDecided
    'conduit/hunk/list', -- HunkParams -> HunkList
    'conduit/hunk/regenerate', -- RegenerateParams -> PromptResult
    'conduit/hunk/reject', -- HunkParams -> HunksDecided
    'conduit/hunk/text', -- ProposedParams -> ProposedText
    'conduit/inlineEdit', -- InlineEditParams -> InlineEditResult
    'conduit/key/list', -- NoParams -> KeyList
    'conduit/key/remove', -- RemoveKeyParams -> KeyList
    'conduit/key/set', -- SetKeyParams -> KeyList
    'conduit/logs/collect', -- NoParams -> LogBundle
    'conduit/mention/list', -- MentionParams -> MentionList
    'conduit/models/list', -- NoParams -> ModelList
    'conduit/session/cancel', -- SessionParams -> Cancelled
    'conduit/session/delete', -- SessionParams -> Deleted
    'conduit/session/diff', -- DiffParams -> DiffShown
    'conduit/session/export', -- SessionParams -> Exported
    'conduit/session/fork', -- ForkParams -> OpenedSession
    'conduit/session/list', -- ListSessionsParams -> SessionList
    'conduit/session/load', -- LoadSessionParams -> OpenedSession
    'conduit/session/new', -- NewSessionParams -> OpenedSession
    'conduit/session/prompt', -- PromptParams -> PromptResult
    'conduit/session/redo', -- UndoParams -> UndoResult
    'conduit/session/rename', -- RenameSessionParams -> Renamed
    'conduit/session/resend', -- ResendParams -> PromptResult
    'conduit/session/rewind', -- RewindParams -> Rewound
    'conduit/session/setMode', -- SetModeParams -> OpenedSession
    'conduit/session/setModel', -- SetModelParams -> OpenedSession
    'conduit/session/setParameters', -- SetParametersParams -> OpenedSession
    'conduit/session/undo', -- UndoParams -> UndoResult
    'conduit/session/unqueue', -- UnqueueParams -> Unqueued
    'conduit/session/unrewind', -- SessionParams -> Unrewound
    'conduit/usage/report', -- UsageReportParams -> UsageReport
  },
  server_requests = {
    'conduit/session/requestPermission', -- RequestPermissionParams -> RequestPermissionResult
    'conduit/editor/save', -- DocumentParams -> SaveResult
    'conduit/editor/diagnostics', -- DiagnosticsParams -> DiagnosticsResult
    'conduit/editor/references', -- ReferencesParams -> LocationsResult
    'conduit/editor/definition', -- PositionParams -> LocationsResult
    'conduit/editor/rename', -- RenameParams -> RenameResult
    'conduit/editor/symbols', -- SymbolsParams -> SymbolsResult
    'conduit/editor/codeActions', -- CodeActionsParams -> CodeActionsResult
    'conduit/editor/terminalSelection', -- NoParams -> TerminalSelectionResult
    'conduit/editor/openDiff', -- OpenDiffParams -> OpenDiffResult
  },
  server_notifications = {
    'conduit/session/update', -- SessionUpdateParams
    'conduit/status', -- StatusNote
  },
}

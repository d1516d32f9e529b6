/** `@conduit` in the editor's own chat: the same server and the same conversations, shown there. */
import * as vscode from 'vscode';
import { contextOf } from './chat/attachments';
import { iconOf } from './chat/chat';
import { find } from './chat/places';
import type { Conduit } from './conduit';
import type { PromptParams, PromptResult, SessionUpdateParams } from './protocol';

const ID = 'conduit.conduit';

export function registerParticipant(context: vscode.ExtensionContext, conduit: Conduit): void {
  // An editor without a chat of its own has no such part of the API.
  if (typeof vscode.chat?.createChatParticipant !== 'function') return;
  const participant = vscode.chat.createChatParticipant(ID, (request, chat, stream, token) => answer(conduit, request, chat, stream, token));
  participant.iconPath = iconOf(context);
  context.subscriptions.push(participant);
}

async function answer(
  conduit: Conduit,
  request: vscode.ChatRequest,
  chat: vscode.ChatContext,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  let sessionId = sessionOf(chat);
  try {
    sessionId ??= (await conduit.request('conduit/session/new', { title: request.prompt.slice(0, 80) })).sessionId;
    const result = await turn(conduit, sessionId, request, stream, token);
    const errorDetails = result.error === undefined ? undefined : { message: result.error };
    if (result.errorKind === 'auth') stream.button({ command: 'conduit.setKey', title: 'Set the key…' });
    return { metadata: { sessionId }, errorDetails };
  } catch (error) {
    return { metadata: { sessionId }, errorDetails: { message: error instanceof Error ? error.message : String(error) } };
  }
}

/** The conversation that this chat was about so far. */
function sessionOf(chat: vscode.ChatContext): string | undefined {
  const answers = chat.history.filter((each) => each instanceof vscode.ChatResponseTurn);
  return answers[answers.length - 1]?.result.metadata?.sessionId as string | undefined;
}

async function turn(
  conduit: Conduit,
  sessionId: string,
  request: vscode.ChatRequest,
  stream: vscode.ChatResponseStream,
  token: vscode.CancellationToken,
): Promise<PromptResult> {
  const said = new Set<string>();
  const updates = conduit.onUpdate((params) => {
    if (params.sessionId === sessionId) void tell(params, stream, said);
  });
  const cancelled = token.onCancellationRequested(() => void conduit.request('conduit/session/cancel', { sessionId }));
  try {
    const text = request.command ? `/${request.command} ${request.prompt}` : request.prompt;
    const prompt: PromptParams['prompt'] = [{ type: 'text', text }, ...request.references.flatMap(linkOf)];
    return await conduit.request('conduit/session/prompt', { sessionId, prompt, context: contextOf(vscode.window.activeTextEditor) });
  } finally {
    updates.dispose();
    cancelled.dispose();
  }
}

async function tell({ update }: SessionUpdateParams, stream: vscode.ChatResponseStream, said: Set<string>): Promise<void> {
  if (update.sessionUpdate === 'agent_message_chunk') {
    const text = String(update.content.text ?? '');
    // The whole message comes once more at its end; it is only new when nothing of it was streamed.
    if (update.replace && said.has(update.messageId)) stream.markdown('\n\n');
    else stream.markdown(text);
    said.add(update.messageId);
  } else if (update.sessionUpdate === 'tool_call' && update.status === 'in_progress' && update.title) {
    stream.progress(update.title);
  } else if (update.sessionUpdate === 'tool_call_update') {
    for (const place of update.locations ?? []) {
      if (said.has(place.path)) continue;
      said.add(place.path);
      const uri = await find(place.path);
      if (uri !== undefined) stream.reference(uri);
    }
  } else if (update.sessionUpdate === 'notice') {
    stream.progress(update.text);
  }
}

function linkOf(reference: vscode.ChatPromptReference): PromptParams['prompt'] {
  const { value } = reference;
  if (value instanceof vscode.Uri) return [{ type: 'resource_link', uri: value.toString(), name: value.path.split('/').pop() ?? '' }];
  if (value instanceof vscode.Location) {
    const name = `${value.uri.path.split('/').pop()}`;
    return [{ type: 'resource_link', uri: value.uri.toString(), name }];
  }
  return typeof value === 'string' ? [{ type: 'resource', resource: { uri: reference.id, text: value } }] : [];
}

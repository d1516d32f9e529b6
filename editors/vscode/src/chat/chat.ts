/** The chat: in the side bar, in editor tabs, and the commands around it; and in the editor's own chat. */
import * as vscode from 'vscode';
import type { Conduit } from '../conduit';
import { registerParticipant } from '../participant';
import { exportChat } from './asks';
import { describe, problemsOf, selectionOf } from './attachments';
import { Drafts } from './drafts';
import { newNonce, pageHtml } from './html';
import { iconOf } from './icon';
import type { Attachment } from './messages';
import { LastEditor } from './places';
import { Room, type House, type Seat } from './room';
import { Sessions, type OpenSession } from './sessions';
import { TERMINAL } from './terminal';

const VIEW = 'conduit.chatView';
const TAB = 'conduit.chatTab';
const REMEMBERED = 'conduit.chatSession';

export function registerChat(context: vscode.ExtensionContext, conduit: Conduit): void {
  const sessions = new Sessions(conduit, context.workspaceState);
  context.subscriptions.push(sessions, new Chat(context, conduit, sessions));
  registerParticipant(context, conduit, sessions);
}

class Chat implements vscode.WebviewViewProvider, vscode.WebviewPanelSerializer, vscode.Disposable {
  private readonly house: House;
  private readonly disposables: vscode.Disposable[];
  private readonly tabs = new Map<vscode.WebviewPanel, Room>();
  private side: Room | undefined;
  private sideView: vscode.WebviewView | undefined;
  /** For the page that is not there yet. */
  private waiting: ((room: Room) => void)[] = [];

  constructor(
    private readonly context: vscode.ExtensionContext,
    conduit: Conduit,
    sessions: Sessions,
  ) {
    const lastEditor = new LastEditor();
    this.house = { conduit, sessions, lastEditor, drafts: new Drafts(context.workspaceState), deleted: (sessionId) => this.deleted(sessionId) };
    this.disposables = [
      lastEditor,
      sessions.onAsking((asking) => void vscode.commands.executeCommand('setContext', 'conduit.asking', asking)),
      sessions.onUnseenQuestion(({ request }) => void this.tellQuestion(request.sessionId, request.toolCall.title)),
      sessions.onEnded(({ session, seconds, failed }) => void this.tellEnd(session, seconds, failed)),
      vscode.window.registerWebviewViewProvider(VIEW, this),
      vscode.window.registerWebviewPanelSerializer(TAB, this),
      ...this.commands(),
    ];
  }

  dispose(): void {
    for (const each of this.disposables) each.dispose();
    this.side?.dispose();
    for (const room of this.tabs.values()) room.dispose();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const seat: Seat = {
      place: 'view',
      webview: view.webview,
      get visible() {
        return view.visible;
      },
      title: (text) => {
        view.description = text;
      },
      remember: (sessionId) => void this.context.workspaceState.update(REMEMBERED, sessionId),
    };
    const room = new Room(this.house, seat, this.side?.sessionId ?? this.context.workspaceState.get<string>(REMEMBERED));
    this.side?.dispose();
    this.side = room;
    this.sideView = view;
    view.onDidDispose(() => {
      room.dispose();
      if (this.side !== room) return;
      this.side = undefined;
      this.sideView = undefined;
    });
    this.fill(view.webview);
    for (const act of this.waiting.splice(0)) act(room);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: { sessionId?: string } | undefined): Promise<void> {
    this.seatTab(panel, state?.sessionId);
  }

  private seatTab(panel: vscode.WebviewPanel, sessionId: string | undefined): Room {
    panel.iconPath = iconOf(this.context);
    const seat: Seat = {
      place: 'tab',
      webview: panel.webview,
      get visible() {
        return panel.visible;
      },
      title: (text) => {
        panel.title = text || 'Conduit';
      },
      remember: () => undefined, // the page's own state has it
    };
    const room = new Room(this.house, seat, sessionId);
    this.tabs.set(panel, room);
    panel.onDidDispose(() => {
      this.tabs.delete(panel);
      room.dispose();
    });
    this.fill(panel.webview);
    return room;
  }

  private fill(webview: vscode.Webview): void {
    const folder = vscode.Uri.joinPath(this.context.extensionUri, 'dist');
    webview.options = { enableScripts: true, localResourceRoots: [folder] };
    const at = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
    webview.html = pageHtml({ script: at('webview.js'), style: at('webview.css'), source: webview.cspSource, nonce: newNonce() });
  }

  private commands(): vscode.Disposable[] {
    const register = (name: string, act: (...args: never[]) => unknown) => vscode.commands.registerCommand(`conduit.${name}`, act);
    const { lastEditor } = this.house;
    return [
      register('openChat', async () => (await this.reveal()).focus('input')),
      register('newChat', async () => {
        const room = await this.reveal();
        await room.show();
        room.panel('chat');
        room.focus('input');
      }),
      register('chatHistory', async () => (await this.reveal()).panel('history')),
      register('openChatInEditor', (sessionId?: string) => this.openTab(typeof sessionId === 'string' ? sessionId : this.current()?.sessionId)),
      register('stopTurn', () => this.current()?.stop()),
      register('answerQuestion', () => this.answerQuestion()),
      register('exportChat', async () => {
        const room = this.current();
        if (room?.sessionId) await exportChat(room, room.sessionId).catch((error) => room.problem(error));
        else void vscode.window.showInformationMessage('Open the chat that is to be exported.');
      }),
      register('attachSelection', () => this.attach(selectionOf(lastEditor.get()), 'Select the text first.')),
      register('attachFile', async (uri?: vscode.Uri, uris?: vscode.Uri[]) => {
        const chosen = uris?.length ? uris : [uri ?? lastEditor.get()?.document.uri].filter((each) => each instanceof vscode.Uri);
        await this.attach(await describe(chosen as vscode.Uri[]), 'Open a file first.');
      }),
      register('attachTerminal', () => this.attach([TERMINAL], '')),
      register('attachProblems', () => this.attach(problemsOf(lastEditor.get()?.document), 'There are no problems in the active file.')),
    ];
  }

  /** The page that is looked at: the tab that is active, else the side bar. */
  private current(): Room | undefined {
    for (const [panel, room] of this.tabs) if (panel.active) return room;
    if (this.side?.visible) return this.side;
    for (const [panel, room] of this.tabs) if (panel.visible) return room;
    return this.side;
  }

  /** Brings a page to the front: the tab that is seen, else the side bar. */
  private async reveal(): Promise<Room> {
    for (const [panel, room] of this.tabs) {
      if (!panel.active) continue;
      panel.reveal();
      return room;
    }
    if (this.side !== undefined && this.sideView !== undefined) {
      this.sideView.show(false);
      return this.side;
    }
    const room = new Promise<Room>((resolve) => this.waiting.push(resolve));
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    return room;
  }

  private openTab(sessionId: string | undefined): void {
    for (const [panel, room] of this.tabs) {
      if (sessionId !== undefined && room.sessionId === sessionId) return panel.reveal();
    }
    const panel = vscode.window.createWebviewPanel(TAB, 'Conduit', vscode.ViewColumn.Active, { enableScripts: true });
    this.seatTab(panel, sessionId).focus('input');
  }

  private async attach(attachments: Attachment[], none: string): Promise<void> {
    if (attachments.length === 0) {
      void vscode.window.showInformationMessage(none);
      return;
    }
    (await this.reveal()).attach(attachments);
  }

  private async answerQuestion(): Promise<void> {
    const asked = [...this.tabs].find(([panel, room]) => panel.visible && room.sessionId && this.house.sessions.get(room.sessionId)?.questions.length);
    if (asked !== undefined) {
      asked[0].reveal();
      return asked[1].focus('question');
    }
    const room = await this.reveal();
    const { sessions } = this.house;
    const elsewhere = sessions.get(room.sessionId ?? '')?.questions.length ? undefined : sessions.asking();
    if (elsewhere !== undefined) await room.show(elsewhere);
    room.focus('question');
  }

  private async open(sessionId: string): Promise<void> {
    for (const [panel, room] of this.tabs) {
      if (room.sessionId === sessionId) return panel.reveal();
    }
    const room = await this.reveal();
    if (room.sessionId !== sessionId) await room.show(sessionId);
  }

  private async tellQuestion(sessionId: string, title: string): Promise<void> {
    const chosen = await vscode.window.showInformationMessage(`Conduit asks for permission: ${title}`, 'Show');
    if (chosen !== 'Show') return;
    await this.open(sessionId);
    await this.answerQuestion();
  }

  private async tellEnd(session: OpenSession, seconds: number, failed: boolean): Promise<void> {
    const least = vscode.workspace.getConfiguration('conduit').get<number>('chat.notifyAfterSeconds', 20);
    const seen = vscode.window.state.focused && [...session.viewers].some((viewer) => viewer.visible);
    if (least <= 0 || seconds < least || seen || session.viewers.size === 0) return;
    const name = session.chat.title ? `“${session.chat.title}”` : 'The chat';
    const chosen = await vscode.window.showInformationMessage(`${name} ${failed ? 'could not be answered' : 'is answered'}.`, 'Show');
    if (chosen === 'Show' && session.chat.sessionId) await this.open(session.chat.sessionId);
  }

  private deleted(sessionId: string): void {
    const viewers = this.house.sessions.forget(sessionId);
    for (const room of [this.side, ...this.tabs.values()]) if (room && viewers.includes(room)) void room.show().then(() => room.panel('history'));
  }
}

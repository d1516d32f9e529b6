/** Methods that the server will have by the time this is released; deleted as they come into protocol.ts. */
import '../protocol';
declare module '../protocol' {
  interface CommandLine { name: string; description: string; hint: string; source: 'builtin' | 'person' | 'project' }
  interface CommandList { commands: CommandLine[] }
  interface Rewound {
    sessionId: string; messageId: string;
    prompt: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[];
    removed: number; files: UndoneFile[]; rewindId?: string; message: string;
  }
  interface Unrewound { sessionId: string; messageId: string; restored: number; files: UndoneFile[]; message: string }
  interface Requests {
    'conduit/command/list': { params: { sessionId?: string | null }; result: CommandList };
    'conduit/session/delete': { params: SessionParams; result: { deleted: true } };
    'conduit/session/export': { params: SessionParams; result: { title: string; markdown: string } };
    'conduit/session/rename': { params: { sessionId: string; title: string }; result: { session: SessionLine } };
    'conduit/session/resend': {
      params: {
        sessionId: string; messageId: string;
        prompt?: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[] | null;
        files?: boolean; context?: PromptContext | null; queue?: boolean;
      };
      result: PromptResult;
    };
    'conduit/session/rewind': { params: { sessionId: string; messageId: string; files?: boolean; preview?: boolean }; result: Rewound };
    'conduit/session/unqueue': { params: { sessionId: string; queueId: string }; result: { prompt: (TextContent | ImageContent | AudioContent | ResourceLink | EmbeddedResource)[] } };
    'conduit/session/unrewind': { params: SessionParams; result: Unrewound };
  }
}

/** What is selected in the terminal, as something that goes with a prompt. The server asks for its text when that is sent. */
import type { Attachment } from './messages';

export const TERMINAL_URI = 'conduit:/terminal';

export const TERMINAL: Attachment = { kind: 'terminal', name: 'terminal', uri: TERMINAL_URI };

/** Where a server may be, in the order in which the places are tried. */
import * as vscode from 'vscode';

export interface Launch {
  command: string;
  args: string[];
  /** Where this was found, for a person. */
  origin: string;
}

/** Returns the launches to try, the one that the person chose first. */
export async function findServers(_context: vscode.ExtensionContext, _log: vscode.LogOutputChannel): Promise<Launch[]> {
  const chosen = vscode.workspace.getConfiguration('conduit').get<string>('server.path', '').trim();
  if (chosen) return [{ command: chosen, args: ['serve'], origin: 'the setting conduit.server.path' }];
  return [{ command: 'conduit', args: ['serve'], origin: 'the PATH' }];
}

/** Commands whose failures are told to the person in a sentence. */
import * as vscode from 'vscode';

/** Registers a command; what goes wrong in it is shown, except that it was cancelled. */
export function offer<Given extends unknown[]>(
  command: string,
  run: (...given: Given) => Promise<unknown>,
): vscode.Disposable {
  return vscode.commands.registerCommand(command, async (...given: Given) => {
    try {
      return await run(...given);
    } catch (error) {
      if (!(error instanceof vscode.CancellationError) && !isCancelled(error)) {
        void vscode.window.showErrorMessage(named(sentenceOf(error)));
      }
      return undefined;
    }
  });
}

/** What went wrong, as a person is told it. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A message of the editor does not tell which extension it is of. */
function named(sentence: string): string {
  return sentence.startsWith('Conduit') ? sentence : `Conduit: ${sentence}`;
}

/** LSP's code of a request that was cancelled. */
const REQUEST_CANCELLED = -32800;

function isCancelled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === REQUEST_CANCELLED;
}

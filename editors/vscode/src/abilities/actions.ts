/** Code actions of the other extensions: listed with ids of ours, and one of them with its edit. */
import * as vscode from 'vscode';
import type { CodeActionsParams, CodeActionsResult, WireAction } from '../protocol';
import { fromEdit, toRange } from './wire';

interface Offered {
  uri: string;
  version: number;
  title: string;
  kind: string | undefined;
  only: string | undefined;
  /** How many of the list have to be resolved to have this one resolved. */
  place: number;
}

type Found = vscode.CodeAction | vscode.Command;

export class OtherActions {
  private readonly offered = new Map<string, Offered>();

  async of(params: CodeActionsParams, document: vscode.TextDocument): Promise<CodeActionsResult> {
    const { version } = document;
    const range = toRange(params.range);
    if (params.resolve) return { version, actions: await this.resolved(params.resolve, document, range) };
    this.offered.clear();
    const actions: WireAction[] = [];
    for (const only of params.only ?? [undefined]) {
      for (const [place, action] of (await found(document, range, only, 0)).entries()) {
        if (isOwn(action)) continue;
        const id = `${version}:${only ?? ''}:${place}`;
        const { title } = action;
        const kind = 'kind' in action ? action.kind?.value : undefined;
        this.offered.set(id, { uri: document.uri.toString(), version, title, kind, only, place });
        actions.push(wireOf(id, action));
      }
    }
    return { version, actions };
  }

  private async resolved(id: string, document: vscode.TextDocument, range: vscode.Range): Promise<WireAction[]> {
    const kept = this.offered.get(id);
    if (!kept || kept.uri !== document.uri.toString() || kept.version !== document.version) return [];
    const again = await found(document, range, kept.only, kept.place + 1);
    const action = [again[kept.place], ...again].find(
      (each) => each?.title === kept.title && ('kind' in each ? each.kind?.value : undefined) === kept.kind,
    );
    if (!action) return [];
    return [{ ...wireOf(id, action), edit: 'edit' in action ? fromEdit(action.edit) : null }];
  }
}

async function found(
  document: vscode.TextDocument,
  range: vscode.Range,
  only: string | undefined,
  resolve: number,
): Promise<Found[]> {
  const command = 'vscode.executeCodeActionProvider';
  return (await vscode.commands.executeCommand<Found[] | undefined>(command, document.uri, range, only, resolve)) ?? [];
}

/** What Conduit itself offers would ask the model that asks. */
function isOwn(action: Found): boolean {
  const command = typeof action.command === 'string' ? action.command : action.command?.command;
  return command?.startsWith('conduit.') === true || action.title === 'Conduit';
}

function wireOf(id: string, action: Found): WireAction {
  if (typeof action.command === 'string') return { id, title: action.title };
  const { title, kind, isPreferred, disabled } = action as vscode.CodeAction;
  return { id, title, kind: kind?.value, isPreferred: isPreferred ?? false, disabled };
}

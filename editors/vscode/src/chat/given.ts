/** What a new conversation begins with. It follows the settings until something is said or chosen in it; `Sessions` sees to that. */
import * as vscode from 'vscode';
import { valueSet } from '../settings';
import type { ChatInfo, Mode } from './messages';

/** The mode and the model of new conversations as they are set; one that is left to the server is missing. */
export interface Wanted {
  mode?: Mode;
  model?: string;
}

export interface Given {
  /** What it was given; when it has another, that was chosen in it. */
  mode: Mode;
  model: string;
  /** The settings that this came from. A model may be set by another name than its id. */
  wanted: Wanted;
}

export function wantedNow(): Wanted {
  const configuration = vscode.workspace.getConfiguration('conduit');
  return { mode: valueSet(configuration, 'mode') as Mode | undefined, model: valueSet(configuration, 'model') as string | undefined };
}

export function givenTo({ mode, model }: Pick<ChatInfo, 'mode' | 'model'>): Given {
  return { mode, model, wanted: wantedNow() };
}

/** Returns what an empty conversation has to take over from the settings. */
export function toFollow(chat: Pick<ChatInfo, 'mode' | 'model'>, given: Given, now: Wanted): Wanted {
  return {
    mode: now.mode !== given.wanted.mode && chat.mode === given.mode ? now.mode : undefined,
    model: now.model !== given.wanted.model && chat.model === given.model ? now.model : undefined,
  };
}

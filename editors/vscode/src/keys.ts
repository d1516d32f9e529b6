/** Keys of vendors: entered, replaced and removed here; kept in the system's keyring, or in the editor's secret storage. Never in settings. */
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import type { KeyLine, KeyList } from './protocol';
import { offer } from './said';
import type { Supervisor } from './server/supervisor';

/** The vendors that have a key in the secret storage, which cannot be listed. */
const KEPT = 'conduit.keysKept';

interface VendorItem extends vscode.QuickPickItem {
  line: KeyLine;
}

export function registerKeys(context: vscode.ExtensionContext, conduit: Supervisor): void {
  conduit.beforeUse.push((client) => handOver(context, conduit, client));
  context.subscriptions.push(
    offer('conduit.setKey', (vendor?: string) => setKey(context, conduit, vendor)),
    offer('conduit.removeKey', (vendor?: string) => removeKey(context, conduit, vendor)),
  );
}

/** Gives a server that has just started the keys that only the editor keeps. */
async function handOver(context: vscode.ExtensionContext, conduit: Supervisor, client: LanguageClient): Promise<void> {
  for (const vendor of kept(context)) {
    const key = await context.secrets.get(secretName(vendor));
    if (key === undefined) continue;
    await client.sendRequest('conduit/key/set', { vendor, key, keep: 'session' });
    conduit.log.debug(`Handed over the key of ${vendor}`);
  }
}

async function setKey(context: vscode.ExtensionContext, conduit: Supervisor, vendor?: string): Promise<void> {
  const list = await conduit.request('conduit/key/list', {});
  const line = await chooseVendor(list, vendor, 'Set Provider Key');
  if (!line) return;
  const key = await vscode.window.showInputBox({
    title: `Conduit: Key of ${line.name}`,
    prompt: list.keyring
      ? 'It is kept in this system’s keyring.'
      : 'It is kept in the editor’s secret storage, since this system has no keyring that can be used.',
    placeHolder: line.source === 'none' ? 'Paste the key' : 'Paste the new key',
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => (text.trim() === '' || /\s/.test(text.trim()) ? 'A key has no spaces and is not empty.' : undefined),
  });
  if (!key) return;
  const keep = list.keyring ? 'keyring' : 'session';
  await conduit.request('conduit/key/set', { vendor: line.vendor, key: key.trim(), keep });
  if (keep === 'session') await storeSecret(context, line.vendor, key.trim());
  else await forget(context, line.vendor);
  const choice = await vscode.window.showInformationMessage(`The key of ${line.name} is set.`, 'Choose Model');
  if (choice) await vscode.commands.executeCommand('conduit.chooseModel');
}

async function removeKey(context: vscode.ExtensionContext, conduit: Supervisor, vendor?: string): Promise<void> {
  const list = await conduit.request('conduit/key/list', {});
  const removable = list.vendors.filter((each) => each.source === 'keyring' || each.source === 'session');
  if (removable.length === 0) {
    const inEnvironment = list.vendors.filter((each) => each.source === 'environment').map((each) => each.variable);
    const rest = inEnvironment.length > 0 ? ` Set in the environment: ${inEnvironment.join(', ')}.` : '';
    void vscode.window.showInformationMessage(`There is no key to remove.${rest}`);
    return;
  }
  const line = await chooseVendor({ ...list, vendors: removable }, vendor, 'Remove Provider Key');
  if (!line) return;
  const sure = await vscode.window.showWarningMessage(`Remove the key of ${line.name}?`, { modal: true }, 'Remove');
  if (!sure) return;
  await conduit.request('conduit/key/remove', { vendor: line.vendor });
  await forget(context, line.vendor);
  void vscode.window.showInformationMessage(`The key of ${line.name} is removed.`);
}

async function chooseVendor(list: KeyList, vendor: string | undefined, title: string): Promise<KeyLine | undefined> {
  const named = list.vendors.find((each) => each.vendor === vendor);
  if (named) return named;
  const items: VendorItem[] = list.vendors.map((line) => ({ line, label: line.name, description: whereItIs(line) }));
  const picked = await vscode.window.showQuickPick(items, { title: `Conduit: ${title}`, placeHolder: 'Choose a provider' });
  return picked?.line;
}

function whereItIs(line: KeyLine): string {
  switch (line.source) {
    case 'environment':
      return `$(key) in the variable ${line.variable}`;
    case 'keyring':
      return '$(key) in the keyring';
    case 'session':
      return '$(key) in the editor’s secret storage';
    default:
      return '';
  }
}

const secretName = (vendor: string): string => `conduit.key.${vendor}`;

function kept(context: vscode.ExtensionContext): string[] {
  return context.globalState.get<string[]>(KEPT, []);
}

async function storeSecret(context: vscode.ExtensionContext, vendor: string, key: string): Promise<void> {
  await context.secrets.store(secretName(vendor), key);
  await context.globalState.update(KEPT, [...new Set([...kept(context), vendor])]);
}

async function forget(context: vscode.ExtensionContext, vendor: string): Promise<void> {
  await context.secrets.delete(secretName(vendor));
  await context.globalState.update(KEPT, kept(context).filter((each) => each !== vendor));
}

// The settings that the server is told: those that the user has set, under the names of Emend's own configuration.
import * as vscode from 'vscode';

const OURS = ['emend.path']; // of this extension, not of the server

// What is unset stays unset: a default of package.json would hide what stands in Emend's own config.json.
export function settings(): Record<string, unknown> {
  const all = vscode.workspace.getConfiguration();
  const out: Record<string, unknown> = {};
  const properties = vscode.extensions.getExtension('emend.emend')?.packageJSON.contributes.configuration.properties;
  for (const name of Object.keys(properties ?? {})) {
    const value = all.inspect(name)?.globalValue;
    if (OURS.includes(name) || value === undefined || value === '' || value === null) continue;
    const path = name.split('.').slice(1);
    const last = path.pop() as string;
    let at = out;
    for (const key of path) at = (at[key] ??= {}) as Record<string, unknown>;
    at[last] = value;
  }
  return out;
}

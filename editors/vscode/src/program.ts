// The program itself, for what it says on its own: doctor, cost, models, sessions.
import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import { settings } from './settings';

const OUTPUT_BYTES = 8 * 1024 * 1024;

export function program(): string {
  return vscode.workspace.getConfiguration('emend').get<string>('path') || 'emend';
}

export function folder(): string | undefined {
  return vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
}

// What it prints, also where it ends with a status that says what is wrong.
export function run(...args: string[]): Promise<string> {
  const model = settings().model;
  const env = { ...process.env, NO_COLOR: '1', ...(typeof model === 'string' ? { EMEND_MODEL: model } : {}) };
  return new Promise((resolve, reject) => {
    execFile(program(), args, { cwd: folder(), env, maxBuffer: OUTPUT_BYTES, timeout: 60000 }, (e, stdout, stderr) => {
      if (stdout) resolve(stdout);
      else if (e) reject(new Error(stderr.trim() || e.message));
      else resolve(stderr);
    });
  });
}

export async function runJson<T extends { type: string }>(...args: string[]): Promise<T[]> {
  return (await run(...args, '--json')).split('\n').filter(Boolean).map((line) => JSON.parse(line) as T);
}

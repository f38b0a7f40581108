// What VS Code knows of the code, for Emend's tasks: the diagnostics that it shows, whichever extension said them, and
// what its language features say of a symbol.
import * as vscode from 'vscode';
import type { Position, Range } from './protocol';

// Nothing says when a language server has finished with a text, and one that has nothing new to say may say nothing.
const SETTLE_MS = 1500;
const PER_FILE = 200;

interface LookupRequest {
  method: string;
  params: { textDocument: { uri: string }; position: Position; newName?: string };
}

const place = (p: vscode.Position): Position => ({ line: p.line, character: p.character });
const range = (r: vscode.Range): Range => ({ start: place(r.start), end: place(r.end) });

export class Lookup implements vscode.Disposable {
  private made = new Map<string, number>(); // uri -> version of the text that its newest diagnostics are about
  private changed = new Map<string, number>(); // uri -> time of the last change
  private watchers: vscode.Disposable[];

  constructor() {
    this.watchers = [
      vscode.languages.onDidChangeDiagnostics((event) => {
        for (const uri of event.uris) {
          const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
          if (document) this.made.set(uri.toString(), document.version);
        }
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.changed.set(event.document.uri.toString(), Date.now());
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.made.delete(document.uri.toString());
        this.changed.delete(document.uri.toString());
      }),
    ];
  }

  dispose(): void {
    for (const watcher of this.watchers) watcher.dispose();
  }

  // Request emend/diagnostics.
  onDiagnostics(params: { uri?: string }) {
    const files = [];
    let pending = false;
    for (const document of vscode.workspace.textDocuments) {
      const uri = document.uri.toString();
      const list = vscode.languages.getDiagnostics(document.uri);
      if ((params.uri && params.uri !== uri) || (!list.length && !this.made.has(uri))) continue;
      files.push({
        uri,
        diagnostics: list.slice(0, PER_FILE).map((d) => ({
          range: range(d.range),
          severity: d.severity + 1,
          source: d.source,
          message: d.message,
        })),
      });
      const young = Date.now() - (this.changed.get(uri) ?? 0) < SETTLE_MS;
      pending = pending || (young && (this.made.get(uri) ?? -1) < document.version);
    }
    return { files, pending };
  }

  // Request emend/lookup.
  async onLookup({ method, params }: LookupRequest) {
    const uri = vscode.Uri.parse(params.textDocument.uri);
    const at = new vscode.Position(params.position.line, params.position.character);
    const ask = <T>(command: string, ...more: unknown[]) =>
      vscode.commands.executeCommand<T>(command, uri, at, ...more);
    let result: unknown = null;
    if (method === 'textDocument/rename') {
      const edit = await ask<vscode.WorkspaceEdit | undefined>('vscode.executeDocumentRenameProvider', params.newName);
      const changes: Record<string, { range: Range; newText: string }[]> = {};
      for (const [file, edits] of edit?.entries() ?? []) {
        changes[file.toString()] = edits.map((e) => ({ range: range(e.range), newText: e.newText }));
      }
      result = { changes };
    } else if (method === 'textDocument/references' || method === 'textDocument/definition') {
      const places = await ask<(vscode.Location | vscode.LocationLink)[] | undefined>(
        method === 'textDocument/references' ? 'vscode.executeReferenceProvider' : 'vscode.executeDefinitionProvider');
      result = (places ?? []).map((p) => 'uri' in p
        ? { uri: p.uri.toString(), range: range(p.range) }
        : { uri: p.targetUri.toString(), range: range(p.targetSelectionRange ?? p.targetRange) });
    }
    return { results: [{ encoding: 'utf-16', result }] };
  }
}

// Changes of tasks that wait to be accepted or rejected: colours in the text and in the overview ruler, and what stood
// there before. Accept, Reject and Undo are the server's code lenses.
import * as vscode from 'vscode';
import type { Hunk, HunksParams } from './protocol';

type Kind = 'add' | 'change' | 'delete';

const COLOURS: Record<Kind, [string, string]> = {
  add: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.addedForeground'],
  change: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.modifiedForeground'],
  delete: ['diffEditor.removedLineBackground', 'editorOverviewRuler.deletedForeground'],
};

export class Hunks {
  private files = new Map<string, Hunk[]>(); // by uri: the hunks that wait, as the server told last
  private types = {} as Record<Kind, vscode.TextEditorDecorationType>;
  private changedEmitter = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changedEmitter.event;

  constructor(context: vscode.ExtensionContext) {
    for (const kind of Object.keys(COLOURS) as Kind[]) {
      const [background, ruler] = COLOURS[kind];
      this.types[kind] = vscode.window.createTextEditorDecorationType({
        isWholeLine: true,
        backgroundColor: new vscode.ThemeColor(background),
        overviewRulerColor: new vscode.ThemeColor(ruler),
        overviewRulerLane: vscode.OverviewRulerLane.Left,
      });
      context.subscriptions.push(this.types[kind]);
    }
    context.subscriptions.push(
      this.changedEmitter,
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((e) => this.draw(e))),
    );
  }

  // Decorations move with the text, so the server tells only what comes, goes, or was touched.
  onHunks(params: HunksParams): void {
    const key = vscode.Uri.parse(params.uri).toString();
    this.files.set(key, params.hunks);
    vscode.window.visibleTextEditors.filter((e) => e.document.uri.toString() === key).forEach((e) => this.draw(e));
    this.changedEmitter.fire();
  }

  private draw(editor: vscode.TextEditor): void {
    const hunks = this.files.get(editor.document.uri.toString());
    if (!hunks) return;
    const ranges: Record<Kind, vscode.Range[]> = { add: [], change: [], delete: [] };
    for (const hunk of hunks) {
      const { start, end } = hunk.range;
      const kind: Kind = hunk.kind === 'new file' ? 'add' : hunk.kind;
      ranges[kind].push(new vscode.Range(start.line, 0, Math.max(start.line, end.line - 1), 0));
    }
    for (const kind of Object.keys(ranges) as Kind[]) editor.setDecorations(this.types[kind], ranges[kind]);
  }

  clear(): void {
    for (const key of this.files.keys()) this.files.set(key, []);
    vscode.window.visibleTextEditors.forEach((e) => this.draw(e));
    this.files.clear();
    this.changedEmitter.fire();
  }
}

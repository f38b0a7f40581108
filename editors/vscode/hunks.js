// Changes of tasks that wait to be accepted or rejected: colours in the text and in the overview ruler. What to do
// with each is in the server's code lenses.
'use strict';

const vscode = require('vscode');

const COLOURS = {
  add: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.addedForeground'],
  change: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.modifiedForeground'],
  delete: ['diffEditor.removedLineBackground', 'editorOverviewRuler.deletedForeground'],
};

class Hunks {
  constructor(context) {
    this.files = new Map(); // uri -> the hunks that wait, as the server told last
    this.types = {};
    for (const [kind, [background, ruler]] of Object.entries(COLOURS)) {
      this.types[kind] = vscode.window.createTextEditorDecorationType({
        isWholeLine: true, backgroundColor: new vscode.ThemeColor(background),
        overviewRulerColor: new vscode.ThemeColor(ruler), overviewRulerLane: vscode.OverviewRulerLane.Left,
      });
      context.subscriptions.push(this.types[kind]);
    }
    context.subscriptions.push(vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((e) => this.draw(e))));
  }

  // Decorations move with the text, so the server tells only what comes, goes, or was touched.
  onHunks(params) {
    const key = vscode.Uri.parse(params.uri).toString();
    this.files.set(key, params.hunks);
    vscode.window.visibleTextEditors.filter((e) => e.document.uri.toString() === key).forEach((e) => this.draw(e));
  }

  draw(editor) {
    const hunks = this.files.get(editor.document.uri.toString());
    if (!hunks) return;
    const ranges = { add: [], change: [], delete: [] };
    for (const hunk of hunks) {
      const { start, end } = hunk.range;
      ranges[ranges[hunk.kind] ? hunk.kind : 'add'].push(new vscode.Range(start.line, 0, Math.max(start.line, end.line - 1), 0));
    }
    for (const [kind, type] of Object.entries(this.types)) editor.setDecorations(type, ranges[kind]);
  }

  clear() {
    for (const [key] of this.files) this.files.set(key, []);
    vscode.window.visibleTextEditors.forEach((e) => this.draw(e));
    this.files.clear();
  }
}

module.exports = { Hunks };

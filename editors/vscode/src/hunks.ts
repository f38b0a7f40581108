// Changes of tasks that wait to be accepted or rejected: colours in the text and in the overview ruler, what stood there
// before (at the end of the first line, in the hover, and in a diff), keys, and the list of files. Accept, Reject and
// Undo above each are the server's code lenses.
import * as vscode from 'vscode';
import type { ChangedFile, Hunk, HunksParams } from './protocol';
import type { Server } from './server';

type Kind = 'add' | 'change' | 'delete';

const BEFORE = 'emend-before'; // scheme of a file as it was before all changes that wait
const COLOURS: Record<Kind, [string, string]> = {
  add: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.addedForeground'],
  change: ['diffEditor.insertedLineBackground', 'editorOverviewRuler.modifiedForeground'],
  delete: ['diffEditor.removedLineBackground', 'editorOverviewRuler.deletedForeground'],
};
const HINT_CHARS = 60;

const kindOf = (hunk: Hunk): Kind => (hunk.kind === 'new file' ? 'add' : hunk.kind);

// What a hunk replaced, in a few words for the end of its first line.
function hint(hunk: Hunk): string | undefined {
  const lines = (hunk.old ?? '').replace(/\n$/, '').split('\n');
  if (!hunk.old) return undefined;
  const first = lines[0].trim();
  const cut = first.length > HINT_CHARS ? `${first.slice(0, HINT_CHARS)}…` : first;
  const more = lines.length > 1 ? ` (+${lines.length - 1} line${lines.length === 2 ? '' : 's'})` : '';
  return `${hunk.kind === 'delete' ? 'removed' : 'was'}: ${cut}${more}`;
}

export class Hunks implements vscode.TreeDataProvider<ChangedFile> {
  private files = new Map<string, Hunk[]>(); // by uri: the hunks that wait, as the server told last
  private changed: ChangedFile[] = []; // of all files, open or not
  private types = {} as Record<Kind, vscode.TextEditorDecorationType>;
  private before = vscode.window.createTextEditorDecorationType({});
  private treeChanged = new vscode.EventEmitter<void>();
  private beforeChanged = new vscode.EventEmitter<vscode.Uri>();
  private tree: vscode.TreeView<ChangedFile>;
  readonly onDidChangeTreeData = this.treeChanged.event;

  constructor(context: vscode.ExtensionContext, private server: () => Server) {
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
    this.tree = vscode.window.createTreeView('emend.changes', { treeDataProvider: this });
    const here = (run: (hunk: Hunk) => unknown) => () => {
      const hunk = this.atCursor();
      if (hunk) void run(hunk);
    };
    context.subscriptions.push(
      this.tree, this.before, this.treeChanged, this.beforeChanged,
      vscode.workspace.registerTextDocumentContentProvider(BEFORE, {
        onDidChange: this.beforeChanged.event,
        provideTextDocumentContent: (uri) => this.textBefore(vscode.Uri.file(uri.path)),
      }),
      vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((e) => this.draw(e))),
      vscode.window.onDidChangeActiveTextEditor(() => this.setContext()),
      vscode.window.onDidChangeTextEditorSelection(() => this.setContext()),
      vscode.commands.registerCommand('emend.ui.acceptHunk', here((h) => this.server().execute('emend.acceptHunk', { id: h.id }))),
      vscode.commands.registerCommand('emend.ui.rejectHunk', here((h) => this.server().execute('emend.rejectHunk', { id: h.id }))),
      vscode.commands.registerCommand('emend.ui.nextHunk', () => this.move(1)),
      vscode.commands.registerCommand('emend.ui.previousHunk', () => this.move(-1)),
      vscode.commands.registerCommand('emend.ui.compare', (what?: vscode.Uri | ChangedFile) => this.compare(what)),
      vscode.commands.registerCommand('emend.ui.acceptFile', (file: ChangedFile) => this.server().execute('emend.acceptAll', { uri: file.uri })),
      vscode.commands.registerCommand('emend.ui.rejectFile', (file: ChangedFile) => this.server().execute('emend.rejectAll', { uri: file.uri })),
    );
  }

  // --- the text ---

  // Decorations move with the text, so the server tells only what comes, goes, or was touched.
  onHunks(params: HunksParams): void {
    const uri = vscode.Uri.parse(params.uri);
    const before = params.from ? this.files.get(uri.toString()) ?? [] : []; // a long list comes in parts
    this.files.set(uri.toString(), [...before, ...params.hunks]);
    if (params.more) return;
    vscode.window.visibleTextEditors.filter((e) => e.document.uri.toString() === uri.toString()).forEach((e) => this.draw(e));
    this.beforeChanged.fire(vscode.Uri.from({ scheme: BEFORE, path: uri.path }));
    this.setContext();
    void this.refresh();
  }

  private draw(editor: vscode.TextEditor): void {
    const hunks = this.files.get(editor.document.uri.toString());
    if (!hunks) return;
    const ranges: Record<Kind, vscode.DecorationOptions[]> = { add: [], change: [], delete: [] };
    const hints: vscode.DecorationOptions[] = [];
    for (const hunk of hunks) {
      const { start, end } = hunk.range;
      const last = Math.max(start.line, end.line - 1);
      const range = new vscode.Range(start.line, 0, last, Number.MAX_SAFE_INTEGER);
      ranges[kindOf(hunk)].push({ range, hoverMessage: this.hover(hunk, editor.document.languageId) });
      const contentText = hint(hunk);
      if (contentText && start.line < editor.document.lineCount) {
        const end = editor.document.lineAt(start.line).range.end;
        hints.push({
          range: new vscode.Range(end, end),
          renderOptions: {
            after: { contentText, margin: '0 0 0 3em', fontStyle: 'italic', color: new vscode.ThemeColor('editorCodeLens.foreground') },
          },
        });
      }
    }
    for (const kind of Object.keys(ranges) as Kind[]) editor.setDecorations(this.types[kind], ranges[kind]);
    editor.setDecorations(this.before, hints);
  }

  private hover(hunk: Hunk, language: string): vscode.MarkdownString {
    const out = new vscode.MarkdownString(undefined, true);
    const arg = encodeURIComponent(JSON.stringify([{ id: hunk.id }]));
    out.isTrusted = { enabledCommands: ['emend.acceptHunk', 'emend.rejectHunk', 'emend.ui.compare'] };
    if (hunk.kind === 'new file') out.appendMarkdown('**Emend** made this file.\n\n');
    else if (!hunk.old) out.appendMarkdown('**Emend** added these lines.\n\n');
    else {
      out.appendMarkdown(`**Emend** ${hunk.kind === 'delete' ? 'removed what stood here' : 'changed this'}; before:\n\n`);
      out.appendCodeblock(hunk.old.replace(/\n$/, '') + (hunk.oldCut ? '\n…' : ''), language);
    }
    out.appendMarkdown(`[$(check) Accept](command:emend.acceptHunk?${arg}) &nbsp; [$(discard) Reject](command:emend.rejectHunk?${arg})` +
      ' &nbsp; [$(diff) Compare](command:emend.ui.compare)');
    return out;
  }

  // --- the cursor ---

  private here(): { editor: vscode.TextEditor; hunks: Hunk[] } | undefined {
    const editor = vscode.window.activeTextEditor;
    const hunks = editor && this.files.get(editor.document.uri.toString());
    return editor && hunks?.length ? { editor, hunks } : undefined;
  }

  private atCursor(): Hunk | undefined {
    const at = this.here();
    const line = at?.editor.selection.active.line ?? 0;
    return at?.hunks.find((h) => line >= h.range.start.line && line <= Math.max(h.range.start.line, h.range.end.line - 1));
  }

  private setContext(): void {
    void vscode.commands.executeCommand('setContext', 'emend.inHunk', this.atCursor() !== undefined);
    void vscode.commands.executeCommand('setContext', 'emend.hasHunks', this.here() !== undefined);
  }

  private move(by: 1 | -1): void {
    const at = this.here();
    if (!at) return;
    const line = at.editor.selection.active.line;
    const starts = at.hunks.map((h) => h.range.start.line).sort((a, b) => a - b);
    const next = by > 0 ? starts.find((s) => s > line) ?? starts[0] : starts.reverse().find((s) => s < line) ?? starts[0];
    const position = new vscode.Position(next, 0);
    at.editor.selection = new vscode.Selection(position, position);
    at.editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  // --- before and now ---

  // The open text with what each hunk replaced put back.
  private textBefore(uri: vscode.Uri): string {
    const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
    let text = document?.getText() ?? '';
    const hunks = [...(this.files.get(uri.toString()) ?? [])].sort((a, b) => b.range.start.line - a.range.start.line);
    for (const hunk of hunks) {
      if (!document || hunk.oldCut) continue;
      const from = document.offsetAt(new vscode.Position(hunk.range.start.line, hunk.range.start.character));
      const to = document.offsetAt(new vscode.Position(hunk.range.end.line, hunk.range.end.character));
      text = text.slice(0, from) + (hunk.old ?? '') + text.slice(to);
    }
    return text;
  }

  private async compare(what?: vscode.Uri | ChangedFile): Promise<void> {
    const uri = what instanceof vscode.Uri ? what
      : what ? vscode.Uri.parse(what.uri) : vscode.window.activeTextEditor?.document.uri;
    if (!uri) return;
    await vscode.workspace.openTextDocument(uri); // so that the server tells its hunks
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const before = vscode.Uri.from({ scheme: BEFORE, path: uri.path });
    this.beforeChanged.fire(before);
    await vscode.commands.executeCommand('vscode.diff', before, uri, `${name} (before Emend ↔ now)`, { preview: true });
  }

  // --- the list of files ---

  async refresh(): Promise<void> {
    try {
      this.changed = (await this.server().request<{ files: ChangedFile[] }>('emend/changes', {})).files;
    } catch {
      this.changed = [];
    }
    const count = this.changed.reduce((n, f) => n + f.hunks, 0);
    this.tree.badge = undefined;
    this.tree.description = count ? `${count} in ${this.changed.length} file${this.changed.length === 1 ? '' : 's'}` : undefined;
    this.treeChanged.fire();
    const paths = this.changed.map((f) => vscode.Uri.parse(f.uri).path);
    void vscode.commands.executeCommand('setContext', 'emend.changed', paths);
    void vscode.commands.executeCommand('setContext', 'emend.hasChanges', count > 0);
  }

  getChildren(file?: ChangedFile): ChangedFile[] {
    return file ? [] : this.changed;
  }

  getTreeItem(file: ChangedFile): vscode.TreeItem {
    const uri = vscode.Uri.parse(file.uri);
    const item = new vscode.TreeItem(uri);
    item.description = `${file.path.includes('/') ? `${file.path.slice(0, file.path.lastIndexOf('/'))} · ` : ''}${file.hunks} change${file.hunks === 1 ? '' : 's'}`;
    item.iconPath = vscode.ThemeIcon.File;
    item.contextValue = 'emendFile';
    item.command = { title: 'Compare', command: 'emend.ui.compare', arguments: [file] };
    return item;
  }

  clear(): void {
    for (const key of this.files.keys()) this.files.set(key, []);
    vscode.window.visibleTextEditors.forEach((e) => this.draw(e));
    this.files.clear();
    this.setContext();
    void this.refresh();
  }
}

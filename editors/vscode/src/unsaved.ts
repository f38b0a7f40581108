// Text that is in no file: untitled documents and cells of notebooks. The server works on files; what it can do without
// one (explain, review) goes along as a message, and for the rest the user is told what to do.
import * as vscode from 'vscode';

const SELECTOR = [{ scheme: 'untitled' }, { scheme: 'vscode-notebook-cell' }];
const EXPLAIN = vscode.CodeActionKind.Empty.append('emend.explain');
const REVIEW = vscode.CodeActionKind.Empty.append('emend.review');
const TEXT_CHARS = 200_000;

export function isUnsaved(document: vscode.TextDocument): boolean {
  return SELECTOR.some((s) => s.scheme === document.uri.scheme);
}

// chat: sends the words as a message to the model, under this title.
export class Unsaved implements vscode.CodeActionProvider {
  constructor(context: vscode.ExtensionContext, private chat: (text: string) => Promise<void>) {
    context.subscriptions.push(
      vscode.languages.registerCodeActionsProvider(SELECTOR, this, { providedCodeActionKinds: [EXPLAIN, REVIEW] }),
      vscode.commands.registerCommand('emend.ui.unsaved', (what: string, uri: vscode.Uri, range: vscode.Range) =>
        this.run(what, uri, range)),
    );
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    if (context.triggerKind === vscode.CodeActionTriggerKind.Automatic) return [];
    const action = (title: string, kind: vscode.CodeActionKind, what: string) => {
      const made = new vscode.CodeAction(title, kind);
      made.command = { title, command: 'emend.ui.unsaved', arguments: [what, document.uri, range] };
      return made;
    };
    return [
      action('Emend: Explain this code', EXPLAIN, 'Explain'),
      action('Emend: Review this code', REVIEW, 'Review'),
    ].filter((a) => !context.only || context.only.contains(a.kind!));
  }

  private async run(what: string, uri: vscode.Uri, range: vscode.Range): Promise<void> {
    const document = vscode.workspace.textDocuments.find((d) => d.uri.toString() === uri.toString());
    if (!document) return;
    const text = document.getText(range.isEmpty ? undefined : range).slice(0, TEXT_CHARS);
    const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((m) => m[0].length + 1)));
    await this.chat(`${what} this code. It is in no file yet.\n\n${fence}${document.languageId}\n${text}\n${fence}`);
  }

  // For commands that need a file. True: there is one now.
  static async saved(editor: vscode.TextEditor): Promise<boolean> {
    if (editor.document.uri.scheme === 'file') return true;
    if (editor.document.uri.scheme === 'vscode-notebook-cell') {
      void vscode.window.showWarningMessage('Emend does not change the cells of a notebook. It can explain and review them (Ctrl+.).');
      return false;
    }
    if (editor.document.uri.scheme !== 'untitled') {
      void vscode.window.showWarningMessage('Emend works on files; this is none.');
      return false;
    }
    const save = 'Save As…';
    const answer = await vscode.window.showWarningMessage('Emend works on files: what is in none yet must be saved first.', save);
    return answer === save && await vscode.commands.executeCommand('workbench.action.files.saveAs') !== undefined &&
      vscode.window.activeTextEditor?.document.uri.scheme === 'file';
  }
}

// What VS Code knows of the code, for Emend's tasks: the diagnostics that it shows, whichever extension said them, and
// what its language features say of a symbol.
'use strict';

const vscode = require('vscode');

// Nothing says when a language server has finished with a text, and one that has nothing new to say may say nothing.
const SETTLE_MS = 1500;

const place = (position) => ({ line : position.line, character : position.character });
const range = (r) => ({ start : place(r.start), end : place(r.end) });

class Lookup
{
	constructor()
	{
		this.made =
			new Map(); // uri -> version of the text that its newest diagnostics are about
		this.changed = new Map(); // uri -> time of the last change
		this.watchers = [
			vscode.languages.onDidChangeDiagnostics((event) => {
				for (const uri of event.uris) {
					const doc = vscode.workspace.textDocuments.find(
						(d) => d.uri.toString() === uri.toString());
					if (doc)
						this.made.set(uri.toString(), doc.version);
				}
			}),
			vscode.workspace.onDidChangeTextDocument(
				(event) => this.changed.set(event.document.uri.toString(),
							    Date.now())),
			vscode.workspace.onDidCloseTextDocument((doc) => {
				this.made.delete(doc.uri.toString());
				this.changed.delete(doc.uri.toString());
			}),
		];
	}

	dispose()
	{
		for (const watcher of this.watchers)
			watcher.dispose();
	}

	// Request emend/diagnostics.
	onDiagnostics(params)
	{
		const files = [];
		let pending = false;
		for (const doc of vscode.workspace.textDocuments) {
			const uri = doc.uri.toString();
			const list = vscode.languages.getDiagnostics(doc.uri);
			if ((params.uri && params.uri !== uri) ||
			    (!list.length && !this.made.has(uri)))
				continue;
			files.push({
				uri,
				diagnostics :
					list.slice(0, 200).map((d) => ({
								       range : range(d.range),
								       severity : d.severity + 1,
								       source : d.source,
								       message : d.message
							       })),
			});
			const young = Date.now() - (this.changed.get(uri) || 0) < SETTLE_MS;
			pending = pending || (young && (this.made.get(uri) || -1) < doc.version);
		}
		return { files, pending };
	}

	// Request emend/lookup.
	async onLookup({ method, params })
	{
		const uri = vscode.Uri.parse(params.textDocument.uri);
		const at = new vscode.Position(params.position.line, params.position.character);
		const ask = (command, ...more) =>
			vscode.commands.executeCommand(command, uri, at, ...more);
		let result = null;
		if (method === 'textDocument/rename') {
			const edit =
				await ask('vscode.executeDocumentRenameProvider', params.newName);
			const changes = {};
			for (const [file, edits] of edit ? edit.entries() : []) {
				changes[file.toString()] = edits.map(
					(e) => ({ range : range(e.range), newText : e.newText }));
			}
			result = { changes };
		} else if (method === 'textDocument/references' ||
			   method === 'textDocument/definition') {
			const places = await ask(method === 'textDocument/references'
							 ? 'vscode.executeReferenceProvider'
							 : 'vscode.executeDefinitionProvider');
			result = (places ||
				  []).map((p) => ({
						  uri : (p.uri || p.targetUri).toString(),
						  range : range(p.range || p.targetSelectionRange ||
								p.targetRange)
					  }));
		}
		return { results : [ { encoding : 'utf-16', result } ] };
	}
}

module.exports = { Lookup };

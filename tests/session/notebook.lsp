# The cells of a notebook are in no text that we know: while they have changes that are not in its file, the file is
# neither read nor changed. Once it is saved, it is a file as any other. Both tasks do the same. One that is open as
# text, too, is that text.
model: {"calls":[{"name":"edit_file","input":{"path":"a.ipynb","edits":[{"old_text":"{}","new_text":"{ }"}]}}]}
model: {"calls":[{"name":"run_command","input":{"command":"echo more >> a.ipynb; echo fine > b.ipynb"}}]}
model: {"text":"The end."}
file: a.ipynb "{}\n"
file: b.ipynb "old\n"
check: a.ipynb "{ }\nmore\n"
check: b.ipynb "fine\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
--> {"id":0,"method":"initialize","params":{"clientInfo":{"name":"x"},"rootUri":"${uri}","capabilities":{"workspace":{"applyEdit":true,"workspaceEdit":{"documentChanges":true}},"notebookDocument":{"synchronization":{}}}}}
<== {"id":0,"result":{"capabilities":{"notebookDocumentSync":{"notebookSelector":[{"notebook":"*"}],"save":true}}}}
--> {"method":"initialized","params":{}}
--> {"method":"notebookDocument/didOpen","params":{"notebookDocument":{"uri":"${uri}/a.ipynb","notebookType":"jupyter-notebook","version":1,"cells":[{"kind":2,"document":"vscode-notebook-cell:/a#1"}]},"cellTextDocuments":[{"uri":"vscode-notebook-cell:/a#1","languageId":"python","version":1,"text":"x"}]}}
--> {"method":"notebookDocument/didOpen","params":{"notebookDocument":{"uri":"${uri}/b.ipynb","notebookType":"jupyter-notebook","version":1,"cells":[]},"cellTextDocuments":[]}}
--> {"method":"notebookDocument/didChange","params":{"notebookDocument":{"uri":"${uri}/a.ipynb","version":2},"change":{"cells":{"textContent":[{"document":{"uri":"vscode-notebook-cell:/a#1","version":2},"changes":[{"text":"y"}]}]}}}}
--> {"method":"notebookDocument/didChange","params":{"notebookDocument":{"uri":"${uri}/a.ipynb","version":3},"change":{"metadata":{"k":1}}}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"Change it"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~not kept: a.ipynb: a.ipynb is open in the editor, but it is a notebook that was changed there"}}
<-- {"method":"window/showMessage","params":{"message":"~The end.*1 file"}}
disk a.ipynb "{}\n"
open ${uri}/c.ipynb "as text\n"
--> {"method":"notebookDocument/didChange","params":{"notebookDocument":{"uri":"${uri}/c.ipynb","version":2},"change":{"metadata":{"k":1}}}}
--> {"method":"notebookDocument/didSave","params":{"notebookDocument":{"uri":"${uri}/c.ipynb"}}}
buffer ${uri}/c.ipynb "as text\n"
--> {"method":"notebookDocument/didSave","params":{"notebookDocument":{"uri":"${uri}/a.ipynb"}}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"Change it now"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~The end.*1 file"}}

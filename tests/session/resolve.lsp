# Rule 16: whatever is sent to be resolved comes back as it was, also what is none of ours.
init nvim-0.7
--> {"id":1,"method":"codeAction/resolve","params":{"title":"Emend: Explain this code","kind":"emend.explain","command":{"title":"t","command":"emend.explain","arguments":[{"uri":"file:///a","n":1.5,"e":{}}]}}}
<-- {"id":1,"result":{"title":"Emend: Explain this code","kind":"emend.explain","command":{"title":"t","command":"emend.explain","arguments":[{"uri":"file:///a","n":1.5,"e":{}}]}}}
--> {"id":2,"method":"codeAction/resolve","params":{"title":"foreign","command":"pyright.organize","arguments":["file:///x"]}}
<-- {"id":2,"result":{"title":"foreign","command":"pyright.organize","arguments":["file:///x"]}}
--> {"id":3,"method":"codeAction/resolve","params":{"title":"other","data":{"id":7}}}
<-- {"id":3,"result":{"title":"other","data":{"id":7}}}

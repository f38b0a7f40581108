# A plugin tells what the editor's other servers know: diagnostics of the text of now, places, a rename that is our own edit.
model: {"calls":[{"name":"diagnostics","input":{"path":"a.c"}}]}
model: {"expect":"a.c:2: warning: unused é (lint)","calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int é_one;","new_text":"int é_two, é_one;"}]}}]}
model: {"expect":"The editor now shows:\na.c:1: error: no é_two","calls":[{"name":"references","input":{"path":"a.c","line":2,"symbol":"é_one"}}]}
model: {"expect":["a.c:1\tint é_two, é_one;","b.c:1\textern int é_one;","/usr/include/x.h:3"],"calls":[{"name":"definition","input":{"path":"a.c","line":9,"symbol":"é_one"}}]}
model: {"expect":"does not stand in line 9 of a.c","calls":[{"name":"rename","input":{"path":"a.c","line":1,"symbol":"é_one","new_name":"first"}}]}
model: {"expect":["line 1 does not hold é_one where the language server has it","Try again"],"calls":[{"name":"rename","input":{"path":"a.c","line":1,"symbol":"é_one","new_name":"first"}}]}
model: {"expect":["Changed a.c (+1 -1) in the editor's buffer","Changed b.c (+1 -1)"],"calls":[{"name":"rename","input":{"path":"a.c","line":1,"symbol":"first","new_name":"x"}}]}
model: {"expect":"create, rename or delete files","text":"Done."}
file: a.c "int é_one;\nint x;\n"
file: b.c "extern int é_one;\n"
env: EMEND_MODE=auto
ignore emend/task
ignore emend/text
ignore emend/hunks
ignore $/progress
ignore window/logMessage
init plugin {"capabilities":{"experimental":{"emend":{"diagnostics":true,"lookup":true}}}}
open ${uri}/a.c "int é_one;\nint x;\n" 1
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"ask"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$d1","method":"emend/diagnostics","params":{"uri":"${uri}/a.c"}}
--> {"id":"$d1","result":{"files":[{"uri":"${uri}/a.c","diagnostics":[{"range":{"start":{"line":1,"character":0},"end":{"line":1,"character":3}},"severity":2,"source":"lint","message":"unused é"}]}]}}
<-- {"method":"workspace/applyEdit"}
# The first answer is about the text before the edit.
<-- {"id":"$d2","method":"emend/diagnostics","params":{"uri":"${uri}/a.c"}}
--> {"id":"$d2","result":{"pending":true,"files":[{"uri":"${uri}/a.c","diagnostics":[{"range":{"start":{"line":1,"character":0},"end":{"line":1,"character":3}},"message":"old"}]}]}}
<-- {"id":"$d3","method":"emend/diagnostics","params":{"uri":"${uri}/a.c"}}
--> {"id":"$d3","result":{"files":[{"uri":"${uri}/a.c","diagnostics":[{"range":{"start":{"line":0,"character":4},"end":{"line":0,"character":7}},"message":"no é_two"},{"range":{"start":{"line":1,"character":0},"end":{"line":1,"character":3}},"severity":4,"message":"a hint"}]}]}}
# Each server counts in its own units: é is two bytes and one unit.
<-- {"id":"$l1","method":"emend/lookup","params":{"lookup":"$look","method":"textDocument/references","params":{"textDocument":{"uri":"${uri}/a.c"},"position":{"line":0,"character":12},"context":{"includeDeclaration":true}},"characters":{"utf-8":12,"utf-16":11,"utf-32":11}}}
--> {"id":"$l1","result":{"pending":true}}
--> {"method":"emend/found","params":{"lookup":"$look","results":[{"encoding":"utf-8","result":null},{"encoding":"utf-16","result":[{"uri":"file:///usr/include/x.h","range":{"start":{"line":2,"character":0},"end":{"line":2,"character":1}}},{"uri":"${uri}/b.c","range":{"start":{"line":0,"character":11},"end":{"line":0,"character":16}}},{"targetUri":"${uri}/a.c","targetRange":{"start":{"line":0,"character":0},"end":{"line":0,"character":16}},"targetSelectionRange":{"start":{"line":0,"character":11},"end":{"line":0,"character":16}}}]}]}}
<-- {"id":"$l2","method":"emend/lookup","params":{"method":"textDocument/rename","params":{"newName":"first"}}}
--> {"id":"$l2","result":{"results":[{"encoding":"utf-16","result":{"changes":{"${uri}/a.c":[{"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":8}},"newText":"first"}]}}}]}}
<-- {"id":"$l3","method":"emend/lookup","params":{"method":"textDocument/rename","params":{"newName":"first"}}}
--> {"id":"$l3","result":{"results":[{"encoding":"utf-16","result":{"documentChanges":[{"textDocument":{"uri":"${uri}/a.c","version":7},"edits":[{"range":{"start":{"line":0,"character":11},"end":{"line":0,"character":16}},"newText":"first"}]},{"textDocument":{"uri":"${uri}/b.c","version":null},"edits":[{"range":{"start":{"line":0,"character":11},"end":{"line":0,"character":16}},"newText":"first"}]}]}}]}}
<-- {"method":"workspace/applyEdit"}
<-- {"id":"$d4","method":"emend/diagnostics","params":{"uri":"${uri}/a.c"}}
--> {"id":"$d4","error":{"code":-32603,"message":"the plugin is broken"}}
<-- {"id":"$l4","method":"emend/lookup","params":{"method":"textDocument/rename"}}
--> {"id":"$l4","result":{"results":[{"encoding":"utf-16","result":{"documentChanges":[{"kind":"delete","uri":"${uri}/b.c"}]}}]}}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
buffer ${uri}/a.c "int é_two, first;\nint x;\n"
disk a.c "int é_one;\nint x;\n"
disk b.c "extern int first;\n"

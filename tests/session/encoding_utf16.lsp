# Rule 22: UTF-8 where it is offered, else UTF-16, and no answer to a question that was not asked.
--> {"id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{"general":{"positionEncodings":["utf-16"]}}}}
<== {"id":1,"result":{"capabilities":{"positionEncoding":"utf-16"}}}
--> {"method":"initialized"}
open file:///x/a.txt "a😀b\n"
--> {"method":"textDocument/didChange","params":{"textDocument":{"uri":"file:///x/a.txt","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":4}},"text":"c"}]}}
--> {"id":2,"method":"emend/document","params":{"uri":"file:///x/a.txt"}}
<-- {"id":2,"result":{"text":"a😀c\n","version":2}}

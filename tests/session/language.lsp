# An empty languageId (Neovim without a filetype) falls back to the file's name.
init nvim-0.10
open ${uri}/a.py "x\n" 0
--> {"id":1,"method":"emend/document","params":{"uri":"${uri}/a.py"}}
<-- {"id":1,"result":{"languageId":"python","version":0}}
open ${uri}/b.py "x\n" 0 my-python
--> {"id":2,"method":"emend/document","params":{"uri":"${uri}/b.py"}}
<-- {"id":2,"result":{"languageId":"my-python"}}
open ${uri}/Makefile "x\n"
--> {"id":3,"method":"emend/document","params":{"uri":"${uri}/Makefile"}}
<-- {"id":3,"result":{"languageId":"makefile"}}

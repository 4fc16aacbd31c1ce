// uvu's own command, started from a script in `test/`: by that the doors know that tests want the sources.
import '../../node_modules/uvu/bin.js'

// Everything works without scripts except what moves by itself. Each module
// looks for what it enlivens and leaves pages without it alone.
import { dialogs, rows, filters, menus, guard } from "./forms.js";
import { follow } from "./live.js";
import { charts } from "./chart.js";
import { sorting } from "./sort.js";
import { copying } from "./copy.js";
import { ruleForm } from "./rule.js";
import { watchWork } from "./refresh.js";
import { uploads } from "./upload.js";
import { bars } from "./bars.js";

dialogs();
rows();
filters();
menus();
guard();
sorting();
copying();
ruleForm();
watchWork();
uploads();
bars();
const drawn = charts();
follow(drawn);

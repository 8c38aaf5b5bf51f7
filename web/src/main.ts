import "./style.css";
import "./page.js";

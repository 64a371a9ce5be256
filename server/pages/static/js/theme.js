// Sets the theme before the first paint (a plain script, not a module, so that it runs at once),
// follows the system until somebody chooses, and remembers the choice.
(() => {
  const KEY = "bandstand.theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const systemTheme = () => (system.matches ? "dark" : "light");

  const remembered = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is denied: the theme holds for this page alone
    }
  };
  const remember = (theme) => {
    try {
      if (theme === systemTheme()) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, theme);
    } catch {
      // storage is denied, see above
    }
  };
  const apply = (theme) => {
    root.dataset.theme = theme;
  };

  apply(remembered() ?? systemTheme());
  system.addEventListener("change", () => apply(remembered() ?? systemTheme()));
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector("[data-theme-toggle]").addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      remember(theme);
      apply(theme);
    });
  });
})();

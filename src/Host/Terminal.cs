namespace Doppel.Host;

/// <summary>Facts about the terminal behind a descriptor. Any thread.</summary>
public static class Terminal
{
    /// <summary>Whether <paramref name="descriptor"/> (0, 1 or 2 as a rule) is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => NativeTerminal.IsTerminal(descriptor) == 1;

    /// <summary>Size in characters. False: no terminal, or it does not know.</summary>
    public static unsafe bool TryGetSize(int descriptor, out int columns, out int rows)
    {
        // SAFETY: TIOCGWINSZ writes one struct winsize of 8 bytes into the local.
        NativeTerminal.WindowSize size = default;
        bool known = NativeTerminal.Control(descriptor, NativeTerminal.GetWindowSize, &size) == 0;
        columns = size.Columns;
        rows = size.Rows;
        return known && columns != 0 && rows != 0;
    }
}

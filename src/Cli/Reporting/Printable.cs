using System;
using System.Text;

namespace Doppel.Cli.Reporting;

/// <summary>Makes foreign text fit for one line of a terminal: no control characters, bounded length.</summary>
internal static class Printable
{
    private const int MaxLength = 200;

    internal static string Line(string text)
    {
        var line = new StringBuilder(Math.Min(text.Length, MaxLength + 3));
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, MaxLength)))
        {
            line.Append(char.IsControl(c) ? '?' : c);
        }

        return text.Length > MaxLength ? line.Append("...").ToString() : line.ToString();
    }
}

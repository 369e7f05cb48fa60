using System;
using System.Linq;

namespace Doppel.Architecture.Tests;

/// <summary>One C# file: as written, and with comments and texts blanked out (same length, same lines).</summary>
internal sealed class SourceFile
{
    internal SourceFile(string path, string raw)
    {
        Path = path;
        Raw = raw;
        Code = CodeText.Blank(raw);
    }

    internal string Path { get; }

    internal string Raw { get; }

    internal string Code { get; }

    internal string FileName => Path[(Path.LastIndexOf('/') + 1)..];

    internal int LineCount => Raw.Count(letter => letter == '\n') + (Raw.EndsWith('\n') || Raw.Length == 0 ? 0 : 1);

    internal int LineOf(int position) => Raw.AsSpan(0, position).Count('\n') + 1;
}

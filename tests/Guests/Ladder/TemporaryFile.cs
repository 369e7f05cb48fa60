using System;
using System.IO;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>An empty file with a name of its own, deleted in the end.</summary>
internal sealed class TemporaryFile : IDisposable
{
    /// <summary>A file of that many bytes, all zero.</summary>
    internal TemporaryFile(long lengthBytes = 0)
    {
        using FileStream file = File.OpenWrite(Path);
        file.SetLength(lengthBytes);
    }

    /// <summary>Its path.</summary>
    internal string Path { get; } = System.IO.Path.GetTempFileName();

    public void Dispose() => File.Delete(Path);
}

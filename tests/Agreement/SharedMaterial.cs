using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;

namespace Doppel.Agreement.Tests;

/// <summary>
/// The conformance material, which is not part of the repository: a folder named "shared" beside the checkout (or beside one of its parents), or what
/// DOPPEL_SHARED names.
/// </summary>
internal static class SharedMaterial
{
    private static readonly Lazy<string?> Folder = new(Find);

    /// <summary>Full path of a file of the material; skips the running test when it is absent.</summary>
    internal static string Require(string relative)
    {
        string path = Path.Combine(Folder.Value ?? "", relative);
        Assert.SkipWhen(Folder.Value is null, "no ../shared/conformance beside the checkout; set DOPPEL_SHARED to its folder");
        Assert.SkipUnless(File.Exists(path) || Directory.Exists(path), relative + " is missing in " + Folder.Value);
        return path;
    }

    /// <summary>Lines of a gzip file.</summary>
    internal static IEnumerable<string> Lines(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named)
        {
            return Directory.Exists(Path.Combine(named, "conformance")) ? named : null;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "conformance")))
            {
                return candidate;
            }
        }

        return null;
    }
}

using System;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>
/// Where guests come from: Debian packages, and a folder named "shared" beside the checkout (or beside one of its parents), or what DOPPEL_SHARED names.
/// None of it is part of the repository; a test without its guest is skipped.
/// </summary>
internal static class Material
{
    private static readonly Lazy<string?> s_shared = new(Find);

    /// <summary>An image below shared/guests/images; skips the test when there is none.</summary>
    internal static string Image(string name) => Shared("images/" + name);

    /// <summary>A file below shared/guests; skips the test when there is none.</summary>
    internal static string Shared(string relative)
    {
        string path = Path.Combine(s_shared.Value ?? string.Empty, "guests", relative);
        Assert.SkipWhen(s_shared.Value is null || !File.Exists(path), $"no shared/guests/{relative} beside the checkout, and DOPPEL_SHARED does not name the folder");
        return path;
    }

    /// <summary>The first of these files that a Debian package has put there; skips the test when the package is not installed.</summary>
    internal static string Packaged(string package, params string[] paths)
    {
        string? path = paths.FirstOrDefault(File.Exists);
        Assert.SkipWhen(path is null, $"the package {package} is not installed (tools/ladder/run does)");
        return path;
    }

    /// <summary>A disk or CD that tools/ladder/disks has built on this host; skips the test when it has not.</summary>
    internal static string Built(string name)
    {
        string caches = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } named ? named : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string path = Path.Combine(caches, "doppel", "ladder", name);
        Assert.SkipWhen(!File.Exists(path), $"{name} has not been built (tools/ladder/disks does)");
        return path;
    }

    /// <summary>What a gzip file holds, as a file that <see cref="TemporaryFile.Dispose"/> deletes.</summary>
    internal static TemporaryFile Unpacked(string path)
    {
        TemporaryFile file = new();
        using GZipStream from = new(File.OpenRead(path), CompressionMode.Decompress);
        using FileStream to = File.OpenWrite(file.Path);
        from.CopyTo(to);
        return file;
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named)
        {
            return Directory.Exists(Path.Combine(named, "guests")) ? named : null;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "guests")))
            {
                return candidate;
            }
        }

        return null;
    }
}

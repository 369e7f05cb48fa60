using System;
using System.IO;

namespace Doppel.Machine.Tests;

/// <summary>Guest images that stand beside the checkout and are not part of it.</summary>
internal static class SharedGuests
{
    /// <summary>The bytes of a file below "guests", or the test is skipped.</summary>
    public static byte[] ReadOrSkip(string path)
    {
        string? root = Find();
        string file = Path.Combine(root ?? string.Empty, "guests", path);
        Assert.SkipWhen(root is null || !File.Exists(file), "no shared/guests/" + path + " beside the checkout, and DOPPEL_SHARED does not name the folder");
        return File.ReadAllBytes(file);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("DOPPEL_SHARED") is { Length: > 0 } named)
        {
            return named;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string candidate = Path.Combine(at.FullName, "..", "shared");
            if (Directory.Exists(Path.Combine(candidate, "guests")))
            {
                return candidate;
            }
        }

        return null;
    }
}

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Doppel.Architecture.Tests;

/// <summary>The checkout that these tests judge, found upward from the test binary.</summary>
internal static class Repository
{
    private static readonly Lazy<string> RootFolder = new(FindRoot);

    internal static string Root => RootFolder.Value;

    /// <summary>All project files below src, sorted by path.</summary>
    internal static IReadOnlyList<ProjectFile> SourceProjects { get; } = Projects("src");

    /// <summary>All project files below tests and bench, sorted by path.</summary>
    internal static IReadOnlyList<ProjectFile> TestProjects { get; } = [.. Projects("tests"), .. Projects("bench")];

    /// <summary>C# files below a folder of the repository, build output left out.</summary>
    internal static IEnumerable<SourceFile> Sources(string folder)
    {
        string path = Path.Combine(Root, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories).Where(IsOurs).Order(StringComparer.Ordinal).Select(file => new SourceFile(Relative(file), File.ReadAllText(file)))
            : [];
    }

    internal static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');

    internal static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    private static ProjectFile[] Projects(string folder)
    {
        string path = Path.Combine(Root, folder);
        return Directory.Exists(path)
            ? [.. Directory.EnumerateFiles(path, "*.csproj", SearchOption.AllDirectories).Where(IsOurs).Order(StringComparer.Ordinal).Select(file => ProjectFile.Parse(Relative(file), File.ReadAllText(file)))]
            : [];
    }

    private static bool IsOurs(string path) =>
        !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/artifacts/", StringComparison.Ordinal);

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Doppel.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("Doppel.slnx is not above the test binary");
    }
}

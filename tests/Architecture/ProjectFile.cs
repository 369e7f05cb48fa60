using System.Collections.Generic;
using System.Linq;
using System.Xml.Linq;

namespace Doppel.Architecture.Tests;

/// <summary>What the layer rules need of a project file.</summary>
/// <param name="Path">Path in the repository.</param>
/// <param name="Name">File name without extension; the root namespace too.</param>
/// <param name="References">Names of the projects it references.</param>
/// <param name="AllowsUnsafe">Whether it sets AllowUnsafeBlocks.</param>
internal sealed record ProjectFile(string Path, string Name, IReadOnlyList<string> References, bool AllowsUnsafe)
{
    /// <summary>Folder of the project, with a slash at the end.</summary>
    internal string Folder => Path[..(Path.LastIndexOf('/') + 1)];

    /// <summary>The name as the layer table says it: without "Doppel.".</summary>
    internal string ShortName => Short(Name);

    internal static ProjectFile Parse(string path, string text)
    {
        XDocument project = XDocument.Parse(text);
        string[] references =
        [
            .. project.Descendants("ProjectReference")
                .Select(reference => System.IO.Path.GetFileNameWithoutExtension(((string?)reference.Attribute("Include") ?? "").Replace('\\', '/')))
                .Order(System.StringComparer.Ordinal),
        ];
        bool allows = project.Descendants("AllowUnsafeBlocks").Any(element => element.Value.Trim() == "true");
        return new ProjectFile(path, System.IO.Path.GetFileNameWithoutExtension(path), references, allows);
    }

    internal static string Short(string name) => name.StartsWith("Doppel.", System.StringComparison.Ordinal) ? name["Doppel.".Length..] : name;
}

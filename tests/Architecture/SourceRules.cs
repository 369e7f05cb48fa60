using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Doppel.Architecture.Tests;

/// <summary>Rules that one source file can break on its own.</summary>
internal static partial class SourceRules
{
    internal const int MaxLines = 500;

    private static readonly string[] ForbiddenWords = ["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Common", "Misc", "Impl"];

    // Words of the field that end in 2.
    private static readonly string[] FieldWords = ["Sse2", "Ps2", "Bmi2", "Qcow2", "X2"];

    /// <summary>Names declared by a file: types only.</summary>
    internal static IEnumerable<string> TypeNames(SourceFile file) => TypeDeclaration().Matches(file.Code).Select(match => match.Groups["name"].Value);

    internal static string? Namespace(SourceFile file) => NamespaceDeclaration().Match(file.Code) is { Success: true } match ? match.Groups["name"].Value : null;

    internal static IEnumerable<string> NameViolations(SourceFile file)
    {
        foreach (string name in TypeNames(file).Append(file.FileName[..^".cs".Length]).Distinct(StringComparer.Ordinal))
        {
            string[] words = [.. Word().Matches(name).Select(match => match.Value)];
            string? bad = words.FirstOrDefault(word => ForbiddenWords.Contains(word, StringComparer.Ordinal));
            if (bad is null && ((words.LastOrDefault() == "Base" && !name.EndsWith("TimeBase", StringComparison.Ordinal)) || (words.Length > 1 && words[0] == "Base" && words[1] != "Address")))
            {
                bad = "Base";
            }

            if (bad is null && LoneTwo().IsMatch(name) && !FieldWords.Any(word => name.EndsWith(word, StringComparison.Ordinal)))
            {
                bad = "2";
            }

            if (bad is not null)
            {
                yield return $"{file.Path}: the name {name} says nothing with \"{bad}\"";
            }
        }
    }

    internal static IEnumerable<string> NamespaceViolations(SourceFile file, ProjectFile project)
    {
        if (Namespace(file) is not { } actual)
        {
            if (TypeNames(file).Any())
            {
                yield return $"{file.Path}: declares types outside any namespace";
            }

            yield break;
        }

        string below = file.Path[project.Folder.Length..];
        int slash = below.LastIndexOf('/');
        string expected = slash < 0 ? project.Name : project.Name + "." + below[..slash].Replace('/', '.');
        if (actual != expected)
        {
            yield return $"{file.Path}: namespace {actual}, its folder says {expected}";
        }
    }

    internal static IEnumerable<string> LeftoverViolations(SourceFile file)
    {
        foreach (Match match in Leftover().Matches(file.Raw))
        {
            yield return $"{file.Path}:{file.LineOf(match.Index)}: {match.Value}";
        }

        foreach (Match match in Stub().Matches(file.Code))
        {
            yield return $"{file.Path}:{file.LineOf(match.Index)}: {match.Value}";
        }
    }

    internal static IEnumerable<string> NativeCallViolations(SourceFile file) =>
        file.Path.StartsWith("src/Host/", StringComparison.Ordinal)
            ? []
            : NativeCall().Matches(file.Code).Select(match => $"{file.Path}:{file.LineOf(match.Index)}: {match.Value} belongs in src/Host");

    internal static IEnumerable<string> EmitViolations(SourceFile file) =>
        Emit().Matches(file.Code).Select(match => $"{file.Path}:{file.LineOf(match.Index)}: {match.Value} does not work in a native build");

    internal static IEnumerable<string> SizeViolations(SourceFile file, IReadOnlyDictionary<string, string> exceptions)
    {
        bool excepted = exceptions.ContainsKey(file.Path);
        if (file.LineCount > MaxLines && !excepted)
        {
            yield return $"{file.Path}: {file.LineCount} lines, at most {MaxLines}";
        }
        else if (file.LineCount <= MaxLines && excepted)
        {
            yield return $"{file.Path}: {file.LineCount} lines need no entry in size-exceptions.txt any more";
        }
    }

    [GeneratedRegex(@"\b(class|struct|interface|enum|record(\s+(struct|class))?)\s+(?!struct\b|class\b)(?<name>[A-Z]\w*)", RegexOptions.ExplicitCapture)]
    private static partial Regex TypeDeclaration();

    [GeneratedRegex(@"^\s*namespace\s+(?<name>[\w.]+)\s*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"[A-Z][a-z]*|[a-z]+|\d+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\p{L}2$")]
    private static partial Regex LoneTwo();

    [GeneratedRegex(@"\b(TODO|FIXME|XXX|HACK)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"\bNotImplementedException\b|#pragma\s+warning\s+disable|\bSuppressMessage\b|\bdynamic\s+\w+\s*=")]
    private static partial Regex Stub();

    [GeneratedRegex(@"\b(LibraryImport|DllImport|NativeLibrary)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex NativeCall();

    [GeneratedRegex(@"\b(System\.Reflection\.Emit|DynamicMethod|ILGenerator|AssemblyBuilder)\b", RegexOptions.ExplicitCapture)]
    private static partial Regex Emit();
}

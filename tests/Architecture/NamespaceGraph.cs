using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Doppel.Architecture.Tests;

/// <summary>
/// Which namespace uses types of which: a file uses a type when its name stands in the code and its namespace is imported, or surrounds the file.
/// Within one project the compiler allows circles; this does not. Exceptions are no edges: a part may throw the error of the whole.
/// Program.cs is left out: the entry point ties the parts together from the namespace whose words they share.
/// </summary>
internal sealed partial class NamespaceGraph
{
    private readonly SortedDictionary<string, SortedSet<string>> _edges = new(StringComparer.Ordinal);

    internal NamespaceGraph(IEnumerable<SourceFile> sources)
    {
        SourceFile[] files = [.. sources.Where(file => SourceRules.Namespace(file) is not null && file.FileName != "Program.cs")];
        Dictionary<string, HashSet<string>> declaredIn = new(StringComparer.Ordinal);
        foreach (SourceFile file in files)
        {
            string home = SourceRules.Namespace(file)!;
            _edges.TryAdd(home, new SortedSet<string>(StringComparer.Ordinal));
            foreach (string name in SourceRules.TypeNames(file))
            {
                if (!declaredIn.TryGetValue(name, out HashSet<string>? homes))
                {
                    declaredIn.Add(name, homes = new HashSet<string>(StringComparer.Ordinal));
                }

                homes.Add(home);
            }
        }

        foreach (SourceFile file in files)
        {
            AddEdges(file, declaredIn);
        }
    }

    /// <summary>Circles: the namespaces of each, sorted.</summary>
    internal IEnumerable<string[]> Cycles()
    {
        Dictionary<string, HashSet<string>> reach = _edges.Keys.ToDictionary(name => name, Reachable, StringComparer.Ordinal);
        HashSet<string> told = new(StringComparer.Ordinal);
        foreach (string name in _edges.Keys)
        {
            if (reach[name].Contains(name) && told.Add(name))
            {
                string[] ring = [.. _edges.Keys.Where(other => reach[name].Contains(other) && reach[other].Contains(name))];
                told.UnionWith(ring);
yield return ring;
            }
        }
    }

    private void AddEdges(SourceFile file, Dictionary<string, HashSet<string>> declaredIn)
    {
        string home = SourceRules.Namespace(file)!;
        HashSet<string> visible = [.. Using().Matches(file.Code).Select(match => match.Groups["name"].Value)];
        for (string around = home; around.Contains('.', StringComparison.Ordinal);)
        {
            around = around[..around.LastIndexOf('.')];
            visible.Add(around);
        }

        foreach (string name in Identifier().Matches(file.Code).Select(match => match.Value).Distinct(StringComparer.Ordinal))
        {
            // The nearest declaration wins: a type of the file's own namespace hides the others.
            if (!name.EndsWith("Exception", StringComparison.Ordinal) && declaredIn.TryGetValue(name, out HashSet<string>? homes) && !homes.Contains(home))
            {
                _edges[home].UnionWith(homes.Where(visible.Contains));
            }
        }
    }

    private HashSet<string> Reachable(string from)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        Stack<string> open = new(_edges[from]);
        while (open.TryPop(out string? next))
        {
            if (seen.Add(next))
            {
                foreach (string further in _edges[next])
                {
                    open.Push(further);
                }
            }
        }

        return seen;
    }

    [GeneratedRegex(@"^\s*using\s+(static\s+)?(?<name>[\w.]+)\s*;", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Using();

    [GeneratedRegex(@"(?<![\w.])[A-Z]\w*")]
    private static partial Regex Identifier();
}

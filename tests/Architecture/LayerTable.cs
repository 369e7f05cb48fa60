using System;
using System.Collections.Generic;
using System.Linq;

namespace Doppel.Architecture.Tests;

/// <summary>
/// Which project may reference which: the table of ARCHITECTURE.md as data. A row that ends in ".*" stands for every project of that family
/// without a row of its own. Deviations from the first design have a decision in docs/decisions.
/// </summary>
internal static class LayerTable
{
    private static readonly Dictionary<string, string[]> Rows = new(StringComparer.Ordinal)
    {
        ["Primitives"] = [],
        ["Host"] = ["Primitives"],
        ["X86"] = ["Primitives"],
        ["Memory"] = ["Primitives", "Host"],
        ["Cpu"] = ["Primitives", "X86", "Memory"],
        ["Cpu.Interpreter"] = ["Cpu", "Primitives", "X86", "Memory", "Host"], // Host: docs/decisions/0001
        ["Cpu.Translator"] = ["Cpu", "Primitives", "X86", "Memory", "Host", "Cpu.Interpreter"],
        ["Cpu.Kvm"] = ["Cpu", "Primitives", "X86", "Memory", "Host", "Cpu.Interpreter"],
        ["Cpu.Timing"] = ["Cpu", "Primitives", "X86", "Memory", "Cpu.Interpreter"],
        ["Devices"] = ["Primitives", "Memory"],
        ["Backends"] = ["Primitives"],
        ["Backends.*"] = ["Backends", "Primitives", "Host"],
        ["Devices.*"] = ["Devices", "Backends", "Memory", "Primitives", "Devices.Pci", "Devices.Virtio"],
        ["Motherboard"] = ["Cpu", "Devices", "Devices.Pci", "Memory", "Primitives"],
        ["Machine"] = ["Primitives", "Host", "X86", "Memory", "Cpu", "Cpu.*", "Devices", "Devices.*", "Backends", "Backends.*", "Motherboard"],
        ["Fleet"] = ["Machine", "Primitives"],
        ["Cli"] = ["Fleet", "Machine", "Primitives", "Host", "Cpu", "Backends", "Backends.*"], // docs/decisions/0007
    };

    /// <summary>Projects whose sources may hold unsafe code.</summary>
    internal static bool MayBeUnsafe(string project) => project is "Host" or "Memory" || project.StartsWith("Cpu.", StringComparison.Ordinal) || project == "Cpu";

    /// <summary>The row that rules a project, or null when the table does not know it.</summary>
    internal static string? RowOf(string project)
    {
        if (Rows.ContainsKey(project))
        {
            return project;
        }

        string family = project[..(project.LastIndexOf('.') + 1)] + "*";
        return Rows.ContainsKey(family) ? family : null;
    }

    /// <summary>Sentences about what a project references and must not.</summary>
    internal static IEnumerable<string> Violations(string project, IEnumerable<string> references)
    {
        if (RowOf(project) is not { } row)
        {
            yield return $"{project} has no row in LayerTable";
            yield break;
        }

        foreach (string reference in references)
        {
            bool allowed = Rows[row].Any(entry => entry == reference || (entry.EndsWith(".*", StringComparison.Ordinal) && reference.StartsWith(entry[..^1], StringComparison.Ordinal)));
            if (!allowed || reference == project)
            {
                yield return $"{project} references {reference}; it may reference {string.Join(", ", Rows[row])}";
            }
        }
    }
}

using System;
using System.Collections.Generic;
using System.IO;

namespace Doppel.Cli.Guests;

/// <summary>
/// Reads which Debian mirror this machine's apt uses, in both forms of sources.list(5), and keeps the entries of Debian's own archive only.
/// </summary>
internal static class AptSources
{
    /// <summary>Keys of the Debian archive, from the package debian-archive-keyring.</summary>
    internal const string Keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

    /// <summary>The mirrors in the order in which apt would read them, without repetition; empty when apt knows none.</summary>
    internal static IReadOnlyList<string> Mirrors(string aptDirectory)
    {
        var mirrors = new List<string>();
        string main = Path.Combine(aptDirectory, "sources.list");
        if (File.Exists(main))
        {
            FromLines(File.ReadLines(main), mirrors);
        }

        string parts = Path.Combine(aptDirectory, "sources.list.d");
        if (Directory.Exists(parts))
        {
            string[] files = Directory.GetFiles(parts);
            Array.Sort(files, StringComparer.Ordinal);
            foreach (string file in files)
            {
                if (file.EndsWith(".list", StringComparison.Ordinal))
                {
                    FromLines(File.ReadLines(file), mirrors);
                }
                else if (file.EndsWith(".sources", StringComparison.Ordinal))
                {
                    FromStanzas(File.ReadLines(file), mirrors);
                }
            }
        }

        return mirrors;
    }

    /// <summary>One-line form: <c>deb [options] URI suite component...</c></summary>
    internal static void FromLines(IEnumerable<string> lines, List<string> mirrors)
    {
        foreach (string raw in lines)
        {
            string line = raw.Split('#')[0].Trim().Replace('\t', ' ');
            if (!line.StartsWith("deb ", StringComparison.Ordinal))
            {
                continue;
            }

            line = line[4..].TrimStart();
            if (line.StartsWith('['))
            {
                int end = line.IndexOf(']', StringComparison.Ordinal);
                line = end < 0 ? string.Empty : line[(end + 1)..].TrimStart();
            }

            AddIfDebian(line.Split(' ')[0], mirrors);
        }
    }

    /// <summary>Stanza form: <c>Types: deb</c>, <c>URIs: ...</c>, one blank line between stanzas.</summary>
    internal static void FromStanzas(IEnumerable<string> lines, List<string> mirrors)
    {
        var stanza = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string field = string.Empty;
        foreach (string line in lines)
        {
            if (line.StartsWith('#'))
            {
                continue;
            }

            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (string.IsNullOrWhiteSpace(line))
            {
                Take(stanza, mirrors);
            }
            else if (line[0] is ' ' or '\t')
            {
                stanza[field] = stanza.GetValueOrDefault(field) + " " + line.Trim();
            }
            else if (colon > 0)
            {
                field = line[..colon].Trim();
                stanza[field] = line[(colon + 1)..].Trim();
            }
        }

        Take(stanza, mirrors);
    }

    private static void Take(Dictionary<string, string> stanza, List<string> mirrors)
    {
        bool binary = Array.IndexOf(stanza.GetValueOrDefault("Types", string.Empty).Split(' '), "deb") >= 0;
        if (binary && !string.Equals(stanza.GetValueOrDefault("Enabled"), "no", StringComparison.OrdinalIgnoreCase))
        {
            foreach (string uri in stanza.GetValueOrDefault("URIs", string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                AddIfDebian(uri, mirrors);
            }
        }

        stanza.Clear();
    }

    private static void AddIfDebian(string uri, List<string> mirrors)
    {
        string trimmed = uri.TrimEnd('/');

        // Cloud images of Debian name a file with a list of mirrors.
        bool debian = trimmed.EndsWith("/debian", StringComparison.Ordinal)
            || (trimmed.StartsWith("mirror+file:", StringComparison.Ordinal) && trimmed.EndsWith("/debian.list", StringComparison.Ordinal));
        if (debian && !trimmed.StartsWith("cdrom:", StringComparison.Ordinal) && !mirrors.Contains(trimmed))
        {
            mirrors.Add(trimmed);
        }
    }
}

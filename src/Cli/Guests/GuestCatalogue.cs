using System;
using System.Collections.Generic;
using System.Linq;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>The guests that <c>doppel run NAME</c> knows.</summary>
internal static class GuestCatalogue
{
    internal static IReadOnlyList<GuestDefinition> All { get; } =
    [
        new("debian", "Debian 12's i386 kernel with busybox", "i386", "debian-installer-12-netboot-i386", "/debian-installer/i386/linux", 1),
        new("debian64", "Debian 12's amd64 kernel with busybox", "amd64", "debian-installer-12-netboot-amd64", "/debian-installer/amd64/linux", 2),
    ];

    /// <summary>The guest called <paramref name="name"/>; throws the usage error with a suggestion when there is none.</summary>
    internal static GuestDefinition Find(string name)
    {
        foreach (GuestDefinition guest in All)
        {
            if (string.Equals(guest.Name, name, StringComparison.Ordinal))
            {
                return guest;
            }
        }

        string[] names = [.. All.Select(g => g.Name)];
        throw CliException.Usage($"no guest is called \"{Printable.Line(name)}\"{Suggestion.For(name, names)} (guests: {string.Join(", ", names)})");
    }
}

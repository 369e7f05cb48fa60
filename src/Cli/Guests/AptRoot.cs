using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using Doppel.Cli.Reporting;

namespace Doppel.Cli.Guests;

/// <summary>
/// An apt of our own in a folder: this machine's mirror, proxy and keys, but another architecture and an empty package state. Needs no
/// root, installs nothing and leaves the machine's own apt alone. Signatures are checked as always.
/// </summary>
internal sealed class AptRoot
{
    private readonly string _folder;
    private readonly string _config;
    private readonly CancellationToken _stop;

    /// <summary>Sets up the folder; throws exit 5 when this machine has no usable apt.</summary>
    internal AptRoot(string folder, string architecture, CancellationToken stop)
    {
        _folder = folder;
        _config = Path.Combine(folder, "apt.conf");
        _stop = stop;
        if (!OutsideProgram.Exists("apt-get") || !OutsideProgram.Exists("dpkg-deb"))
        {
            throw CliException.HostCannot("guests by name come from Debian packages, and this host has no apt; give --kernel FILE and --initrd FILE");
        }

        if (!File.Exists(AptSources.Keyring))
        {
            throw CliException.HostCannot($"the keys of the Debian archive are missing ({AptSources.Keyring}); install the package debian-archive-keyring, or give --kernel FILE");
        }

        IReadOnlyList<string> mirrors = AptSources.Mirrors("/etc/apt");
        if (mirrors.Count == 0)
        {
            throw CliException.HostCannot("no Debian mirror among this machine's apt sources, and guests by name come from there; give --kernel FILE");
        }

        foreach (string directory in (string[])["lists/partial", "archives/partial", "parts", "download"])
        {
            Directory.CreateDirectory(Path.Combine(folder, directory));
        }

        File.WriteAllText(Path.Combine(folder, "status"), string.Empty);
        File.WriteAllLines(Path.Combine(folder, "sources.list"), Sources(mirrors, architecture));
        File.WriteAllText(_config, Configuration(architecture));
    }

    /// <summary>Fetches the package lists.</summary>
    internal void Update()
    {
        OutsideProgram.Outcome outcome = Apt("update");
        if (outcome.Code != 0 || !Directory.EnumerateFiles(Path.Combine(_folder, "lists"), "*Packages*").Any())
        {
            throw CliException.HostCannot($"the Debian archive cannot be reached: {Reason(outcome)}; try again with a network, or give --kernel FILE");
        }
    }

    /// <summary>Downloads a package, checked against the signed lists; the path of its file.</summary>
    internal string Download(string package)
    {
        OutsideProgram.Outcome outcome = Apt("download", package);
        string? file = Directory.EnumerateFiles(Path.Combine(_folder, "download"), package + "_*.deb").FirstOrDefault();
        if (outcome.Code != 0 || file is null)
        {
            throw CliException.HostCannot($"package {package} cannot be fetched: {Reason(outcome)}");
        }

        return file;
    }

    internal static IEnumerable<string> Sources(IReadOnlyList<string> mirrors, string architecture)
        => mirrors.Select(m => $"deb [arch={architecture} signed-by={AptSources.Keyring}] {m} {GuestDefinition.Suite} main");

    private string Configuration(string architecture)
    {
        // What the machine says about proxies and transport holds here too; its hooks and architectures do not.
        OutsideProgram.Outcome dump = OutsideProgram.Run("apt-config", ["dump"], _folder, null, _stop);
        var text = new StringBuilder();
        foreach (string line in dump.Output.Split('\n').Where(l => l.StartsWith("Acquire::", StringComparison.Ordinal)))
        {
            text.Append(line).Append('\n');
        }

        string[] own =
        [
            $"APT::Architecture \"{architecture}\";", $"APT::Architectures {{ \"{architecture}\"; }};", "APT::Sandbox::User \"root\";",
            $"Dir::State \"{_folder}\";", $"Dir::State::status \"{_folder}/status\";", $"Dir::State::lists \"{_folder}/lists\";",
            $"Dir::Cache \"{_folder}\";", $"Dir::Cache::archives \"{_folder}/archives\";",
            $"Dir::Etc::sourcelist \"{_folder}/sources.list\";", "Dir::Etc::sourceparts \"/dev/null\";", "Dir::Etc::preferencesparts \"/dev/null\";",
            "Dir::Etc::preferences \"/dev/null\";", "Dir::Etc::parts \"/dev/null\";", "Dir::Etc::main \"/dev/null\";",
            "Acquire::Languages \"none\";", "Acquire::Retries \"2\";", "Acquire::http::Timeout \"20\";", "Acquire::https::Timeout \"20\";",
            "Acquire::AllowInsecureRepositories \"false\";", "APT::Update::Error-Mode \"any\";",
        ];
        return text.AppendJoin('\n', own).Append('\n').ToString();
    }

    private OutsideProgram.Outcome Apt(params string[] arguments)
        => OutsideProgram.Run("apt-get", ["-q", .. arguments], Path.Combine(_folder, "download"), _config, _stop);

    private static string Reason(OutsideProgram.Outcome outcome)
    {
        string? line = outcome.Messages.FirstOrDefault(m => m.StartsWith("E: ", StringComparison.Ordinal)) ?? (outcome.Messages.Count > 0 ? outcome.Messages[^1] : null);
        return line is null ? $"apt-get ended with {outcome.Code}" : Printable.Line(line.StartsWith("E: ", StringComparison.Ordinal) ? line[3..] : line);
    }
}

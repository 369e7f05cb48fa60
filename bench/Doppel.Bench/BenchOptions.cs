using System;
using System.Globalization;
using System.IO;

namespace Doppel.Bench;

/// <summary>What the user asked for.</summary>
internal sealed class BenchOptions
{
    internal const string Help = """
        Times guestbench (a static program that is the guest's init) in Doppel and in QEMU's TCG, alternately, and prints medians and ratios.

          --runs N           times each one runs [default: 3]
          --memory SIZE      RAM of the guest in MiB [default: 256]
          --doppel FILE      the doppel command [default: ./doppel of this checkout]
          --doppel-option X  a further option for "doppel run", such as --engine=interpreter; may be repeated
          --qemu FILE        the QEMU command [default: qemu-system-i386]
          --no-qemu          Doppel alone
          --native           also run the program on the host itself
          --kernel FILE      Linux kernel [default: guests/linux/i386/vmlinuz of the shared material]
          --initrd FILE      a ready initial RAM disk, instead of building one
          --timeout SECONDS  bound of one run [default: 900]
          --markdown FILE    write the table there, too
        """;

    internal int Runs { get; private set; } = 3;

    internal int MemoryMiB { get; private set; } = 256;

    internal string Doppel { get; private set; } = "";

    internal System.Collections.Generic.List<string> DoppelOptions { get; } = [];

    internal string Qemu { get; private set; } = "qemu-system-i386";

    internal bool WithQemu { get; private set; } = true;

    internal bool WithNative { get; private set; }

    internal string? Kernel { get; private set; }

    internal string? Initrd { get; private set; }

    internal TimeSpan Timeout { get; private set; } = TimeSpan.FromSeconds(900);

    internal string? Markdown { get; private set; }

    internal bool WantsHelp { get; private set; }

    internal static BenchOptions Parse(string[] arguments, string repository)
    {
        BenchOptions options = new() { Doppel = Path.Combine(repository, "doppel") };
        for (int i = 0; i < arguments.Length; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Length ? arguments[i] : throw BenchException.Usage(name + " needs a value");
            switch (name)
            {
                case "--runs": options.Runs = Number(name, Value(), 1, 1000); break;
                case "--memory": options.MemoryMiB = Number(name, Value(), 64, 3072); break;
                case "--doppel": options.Doppel = Value(); break;
                case "--doppel-option": options.DoppelOptions.Add(Value()); break;
                case "--qemu": options.Qemu = Value(); break;
                case "--no-qemu": options.WithQemu = false; break;
                case "--native": options.WithNative = true; break;
                case "--kernel": options.Kernel = Value(); break;
                case "--initrd": options.Initrd = Value(); break;
                case "--timeout": options.Timeout = TimeSpan.FromSeconds(Number(name, Value(), 1, 86400)); break;
                case "--markdown": options.Markdown = Value(); break;
                case "--help" or "-h": options.WantsHelp = true; break;
                default: throw BenchException.Usage("unknown option " + name + "; bench/run --help lists them");
            }
        }

        return options;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw BenchException.Usage(string.Create(CultureInfo.InvariantCulture, $"{name}: \"{text}\" is not a number from {least} to {most}"));
}

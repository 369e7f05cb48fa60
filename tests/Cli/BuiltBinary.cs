using System;
using System.Diagnostics;
using System.IO;

namespace Doppel.Cli.Tests;

/// <summary>What a shell script returned.</summary>
internal sealed record ShellResult(int Code, string Output, string Error);

/// <summary>The command that ./setup built, and a folder with guests of a few instructions to run it on.</summary>
internal sealed class BuiltBinary : IDisposable
{
    private const int PatienceMs = 60_000;

    private readonly TemporaryFolder _folder = new();
    private readonly string? _path = Find();

    internal BuiltBinary()
    {
        byte[] stop = [0xFA, 0xF4, 0xEB, 0xFD];
        _folder.Write("exit42", Multiboot([.. Out(0xF4, 42), .. stop]));
        _folder.Write("spin", Multiboot([0xEB, 0xFE]));

        // lidt with a limit of 0; ud2
        _folder.Write("triple", Multiboot([0x0F, 0x01, 0x1D, 0x30, 0, 0x10, 0, 0x0F, 0x0B, .. new byte[20]]));

        // mov dx, 0x3F8; mov al, 'y'; l: out dx, al; jmp l
        _folder.Write("flood", Multiboot([0x66, 0xBA, 0xF8, 0x03, 0xB0, (byte)'y', 0xEE, 0xEB, 0xFD]));

        // mov ecx, 30000000; w: dec ecx; jnz w; FIFO on; raise RTS; then echo every byte plus one until 'q'.
        byte[] wait = [0xB9, 0x80, 0xC3, 0xC9, 0x01, 0x49, 0x75, 0xFD];
        byte[] echo = [0x66, 0xBA, 0xFD, 0x03, 0xEC, 0xA8, 1, 0x74, 0xF7, 0x66, 0xBA, 0xF8, 0x03, 0xEC, 0x3C, (byte)'q', 0x74, 5, 0xFE, 0xC0, 0xEE, 0xEB, 0xE9];
        _folder.Write("echo", Multiboot([.. wait, .. Out(0x3FA, 0x01), .. Out(0x3FC, 0x02), .. echo, .. Out(0xF4, 0), .. stop]));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Puts another file into the folder.</summary>
    internal void Write(string name, byte[] content) => _folder.Write(name, content);

    /// <summary>Runs a bash script in the folder, the command's path in $D; skips the test when there is no command.</summary>
    internal ShellResult Shell(string script)
    {
        Assert.SkipWhen(_path is null, "the command is not built (./setup does)");
        var start = new ProcessStartInfo("bash") { WorkingDirectory = _folder.Path, UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(script);
        start.Environment["D"] = _path;
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        System.Threading.Tasks.Task<string> output = shell.StandardOutput.ReadToEndAsync();
        System.Threading.Tasks.Task<string> error = shell.StandardError.ReadToEndAsync();
        if (!shell.WaitForExit(PatienceMs))
        {
            shell.Kill(entireProcessTree: true);
            Assert.Fail($"no end within {PatienceMs} ms: {script}");
        }

        return new ShellResult(shell.ExitCode, output.Result, error.Result);
    }

    internal static byte[] Out(ushort port, byte value) => [0x66, 0xBA, (byte)port, (byte)(port >> 8), 0xB0, value, 0xEE];

    internal static byte[] Multiboot(ReadOnlySpan<byte> code)
    {
        const uint Magic = 0x1BAD_B002;
        const uint HasAddresses = 1 << 16;
        const uint Load = 0x10_0000;
        const int HeaderBytes = 32;
        byte[] image = new byte[HeaderBytes + code.Length];
        uint[] header = [Magic, HasAddresses, unchecked(0U - Magic - HasAddresses), Load, Load, 0, 0, Load + HeaderBytes];
        Buffer.BlockCopy(header, 0, image, 0, HeaderBytes);
        code.CopyTo(image.AsSpan(HeaderBytes));
        return image;
    }

    private static string? Find()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string path = Path.Combine(at.FullName, "artifacts", "doppel", "doppel");
            if (File.Exists(Path.Combine(at.FullName, "Doppel.slnx")))
            {
                return File.Exists(path) ? path : null;
            }
        }

        return null;
    }
}

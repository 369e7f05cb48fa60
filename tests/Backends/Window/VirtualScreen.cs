using System;
using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;

namespace Doppel.Backends.Tests.Window;

/// <summary>An X server without a screen, whose framebuffer is a file; and a hand on its keyboard and mouse.</summary>
internal sealed class VirtualScreen : IDisposable
{
    private readonly Process _server;
    private readonly string _folder;

    private VirtualScreen(Process server, string folder, string display) => (_server, _folder, Display) = (server, folder, display);

    internal string Display { get; }

    /// <summary>Starts one; null with the reason when a program is missing.</summary>
    internal static VirtualScreen? TryStart(out string reason)
    {
        string folder = Directory.CreateTempSubdirectory("doppel-xvfb-").FullName;
        try
        {
            using (Process version = Start("xdotool", "version"))
            {
                version.WaitForExit();
            }

            Process server = Start("Xvfb", $"-displayfd 1 -screen 0 1024x768x24 -nolisten tcp -fbdir {folder}");
            if (server.StandardOutput.ReadLine() is { Length: > 0 } number)
            {
                reason = string.Empty;
                return new VirtualScreen(server, folder, ":" + number);
            }

            reason = "Xvfb does not start here";
            server.Dispose();
        }
        catch (Win32Exception)
        {
            reason = "Xvfb or xdotool is not installed";
        }

        Directory.Delete(folder, recursive: true);
        return null;
    }

    /// <summary>Types, points, clicks.</summary>
    internal void Do(string arguments)
    {
        using Process tool = Start("xdotool", arguments, Display);
        Assert.True(tool.WaitForExit(20_000), $"xdotool {arguments} does not end");
    }

    internal string Ask(string arguments)
    {
        using Process tool = Start("xdotool", arguments, Display);
        string answer = tool.StandardOutput.ReadToEnd();
        Assert.True(tool.WaitForExit(20_000), $"xdotool {arguments} does not end");
        return answer.Trim();
    }

    /// <summary>A pixel of the screen, 0x00RRGGBB.</summary>
    internal ScreenPicture Read()
    {
        // An XWD file: big-endian words, then a colour map, then rows.
        byte[] file = File.ReadAllBytes(Path.Combine(_folder, "Xvfb_screen0"));
        int width = Word(file, 4);
        int height = Word(file, 5);
        int rowBytes = Word(file, 12);
        int start = Word(file, 0) + (12 * Word(file, 19));
        ScreenPicture picture = new();
        picture.Resize(width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                picture.Row(y)[x] = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(start + (y * rowBytes) + (4 * x))) & 0xFF_FFFF;
            }
        }

        return picture;
    }

    public void Dispose()
    {
        _server.Kill();
        _server.WaitForExit();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int Word(byte[] file, int index) => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(4 * index));

    private static Process Start(string program, string arguments, string? display = null)
    {
        ProcessStartInfo start = new(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (display is not null)
        {
            start.Environment["DISPLAY"] = display;
        }

        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}

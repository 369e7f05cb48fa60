using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace Doppel.Host.Sdl;

/// <summary>
/// A window on the host's screen that shows a picture, through SDL 2, which is loaded when the first one is opened. One at a time in a process. All
/// members but <see cref="Wake"/> belong to the thread that opened it.
/// </summary>
public sealed class SdlWindow : IDisposable
{
    private static int s_isOpen;

    private nint _window;
    private nint _renderer;
    private nint _texture;
    private int _width;
    private int _height;
    private bool _isDisposed;

    private SdlWindow()
    {
    }

    /// <summary>Whether it fills the screen.</summary>
    public bool IsFullScreen { get; private set; }

    /// <summary>Opens a window.</summary>
    /// <exception cref="HostException">The library is missing, there is no screen, or a window is open already; the message is one line.</exception>
    public static SdlWindow Open(string title, int width, int height)
    {
        if (Interlocked.Exchange(ref s_isOpen, 1) != 0)
        {
            throw new HostException("this process has a window already");
        }

        SdlWindow window = new();
        try
        {
            window.Create(title, width, height);
            return window;
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            s_isOpen = 0;
            throw new HostException("cannot open a window: SDL 2 is missing; install it (Debian: apt-get install libsdl2-2.0-0) or use another display");
        }
        catch (HostException)
        {
            window.Dispose();
            throw;
        }
    }

    /// <summary>Sets the title.</summary>
    public void SetTitle(string title) => NativeSdl.SetWindowTitle(_window, title);

    /// <summary>Sets the size of what it shows in the host's pixels; nothing happens on a full screen.</summary>
    public void SetSize(int width, int height)
    {
        if (!IsFullScreen)
        {
            NativeSdl.SetWindowSize(_window, width, height);
        }
    }

    /// <summary>Its size in the host's pixels.</summary>
    public (int Width, int Height) GetSize()
    {
        NativeSdl.GetWindowSize(_window, out int width, out int height);
        return (width, height);
    }

    /// <summary>Fills the screen, or becomes a window again.</summary>
    public void SetFullScreen(bool isFull) => IsFullScreen = NativeSdl.SetWindowFullscreen(_window, isFull ? NativeSdl.FullScreenDesktop : 0) == 0 ? isFull : IsFullScreen;

    /// <summary>Keeps the mouse inside, unseen and reported as movement without end, or lets it go.</summary>
    public void SetGrab(bool isGrabbed)
    {
        _ = NativeSdl.SetRelativeMouseMode(isGrabbed ? 1 : 0);
        NativeSdl.SetWindowGrab(_window, isGrabbed ? 1 : 0);
    }

    /// <summary>Takes over a part of a picture; all of it after its size changed.</summary>
    /// <param name="pixels">The whole picture, 0x00RRGGBB a pixel.</param>
    /// <param name="width">Its columns.</param>
    /// <param name="height">Its rows.</param>
    /// <param name="area">Left, top, width and height of the part.</param>
    /// <returns>Whether it could: a host may run out of memory for it.</returns>
    public unsafe bool Upload(ReadOnlySpan<uint> pixels, int width, int height, (int X, int Y, int Width, int Height) area)
    {
        if (width <= 0 || height <= 0 || pixels.Length < width * height)
        {
            return false;
        }

        if (_texture == 0 || width != _width || height != _height)
        {
            if (_texture != 0)
            {
                NativeSdl.DestroyTexture(_texture);
            }

            _texture = NativeSdl.CreateTexture(_renderer, NativeSdl.FormatRgb888, NativeSdl.TextureStreaming, width, height);
            (_width, _height) = (width, height);
            area = (0, 0, width, height);
        }

        if (_texture == 0 || area.X < 0 || area.Y < 0 || area.Width <= 0 || area.Height <= 0 || area.X + area.Width > width || area.Y + area.Height > height)
        {
            return false;
        }

        NativeSdl.Rectangle part = new() { X = area.X, Y = area.Y, Width = area.Width, Height = area.Height };

        // SAFETY: the part lies within the picture, whose rows are "width" pixels apart, and the texture has the picture's size.
        fixed (uint* first = &pixels[(area.Y * width) + area.X])
        {
            return NativeSdl.UpdateTexture(_texture, &part, first, width * sizeof(uint)) == 0;
        }
    }

    /// <summary>Draws the picture in the middle, by a whole number of times as large as fits, or smaller where it does not fit.</summary>
    public unsafe void Present()
    {
        _ = NativeSdl.RenderClear(_renderer);
        if (_texture != 0 && NativeSdl.GetRendererOutputSize(_renderer, out int width, out int height) == 0 && width > 0 && height > 0)
        {
            int scale = Math.Min(width / _width, height / _height);
            double fit = scale >= 1 ? scale : Math.Min((double)width / _width, (double)height / _height);
            NativeSdl.Rectangle to = new() { Width = Math.Max((int)(_width * fit), 1), Height = Math.Max((int)(_height * fit), 1) };
            (to.X, to.Y) = ((width - to.Width) / 2, (height - to.Height) / 2);

            // SAFETY: the rectangle is a local that outlives the call.
            _ = NativeSdl.RenderCopy(_renderer, _texture, null, &to);
        }

        NativeSdl.RenderPresent(_renderer);
    }

    /// <summary>Waits for an event. False: none came, or <see cref="Wake"/> was called.</summary>
    public unsafe bool Wait(int timeoutMs, out SdlEvent what)
    {
        byte* bytes = stackalloc byte[NativeSdl.EventBytes];
        what = default;

        // SAFETY: SDL_Event is 56 bytes long.
        if (NativeSdl.WaitEventTimeout(bytes, timeoutMs) == 0)
        {
            return false;
        }

        what = SdlEvent.Parse(new ReadOnlySpan<byte>(bytes, NativeSdl.EventBytes));
        return *(uint*)bytes != NativeSdl.UserEvent;
    }

    /// <summary>Ends a <see cref="Wait"/>. Any thread, as long as the window is open.</summary>
    public static void Wake() => Push(NativeSdl.UserEvent);

    /// <summary>Puts an event without anything but a type into the queue.</summary>
    internal static unsafe void Push(uint type)
    {
        byte* bytes = stackalloc byte[NativeSdl.EventBytes];
        new Span<byte>(bytes, NativeSdl.EventBytes).Clear();

        // SAFETY: SDL copies the event; SDL_PushEvent may be called from any thread.
        *(uint*)bytes = type;
        _ = NativeSdl.PushEvent(bytes);
    }

    /// <summary>Closes the window.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (_texture != 0)
        {
            NativeSdl.DestroyTexture(_texture);
        }

        if (_renderer != 0)
        {
            NativeSdl.DestroyRenderer(_renderer);
        }

        if (_window != 0)
        {
            NativeSdl.DestroyWindow(_window);
        }

        NativeSdl.Quit();
        s_isOpen = 0;
    }

    /// <summary>Sets a variable that SDL reads, such as DISPLAY: the runtime's own environment is a copy that C code does not see. For tests.</summary>
    /// <returns>False: SDL is missing.</returns>
    internal static bool TrySetEnvironment(string name, string value)
    {
        try
        {
            return NativeSdl.SetEnvironment(name, value, 1) == 0;
        }
        catch (DllNotFoundException)
        {
            return false;
        }
    }

    private static HostException Failure(string what) =>
        new($"cannot {what}: {Marshal.PtrToStringUTF8(NativeSdl.GetError())?.ReplaceLineEndings(" ")}; use another display");

    private void Create(string title, int width, int height)
    {
        // Signals are the program's, and a guest's screen is no film that keeps the host awake.
        _ = NativeSdl.SetHint("SDL_NO_SIGNAL_HANDLERS", "1");
        _ = NativeSdl.SetHint("SDL_VIDEO_ALLOW_SCREENSAVER", "1");
        _ = NativeSdl.SetHint("SDL_GRAB_KEYBOARD", "1");
        _ = NativeSdl.SetHint("SDL_RENDER_SCALE_QUALITY", "0");
        if (NativeSdl.Init(NativeSdl.InitVideo) != 0)
        {
            throw Failure("open a window");
        }

        _window = NativeSdl.CreateWindow(title, NativeSdl.Centred, NativeSdl.Centred, width, height, NativeSdl.WindowResizable);
        _renderer = _window == 0 ? 0 : NativeSdl.CreateRenderer(_window, -1, 0);
        if (_renderer == 0)
        {
            throw Failure("open a window");
        }

        NativeSdl.StopTextInput();
    }
}

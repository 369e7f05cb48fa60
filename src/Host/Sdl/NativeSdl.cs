using System.Runtime.InteropServices;

namespace Doppel.Host.Sdl;

/// <summary>The calls of SDL 2 that a window needs. The library is looked for at the first call, so nobody else needs it.</summary>
internal static unsafe partial class NativeSdl
{
    internal const uint InitVideo = 0x20;
    internal const int Centred = 0x2FFF_0000;
    internal const uint WindowResizable = 0x20;
    internal const uint FullScreenDesktop = 0x1001;
    internal const uint FormatRgb888 = 0x1616_1804;
    internal const int TextureStreaming = 1;
    internal const uint UserEvent = 0x8000;
    internal const int EventBytes = 64;

    private const string Library = "libSDL2-2.0.so.0";

    // SAFETY: SDL 2's stable C interface: opaque pointers go back to the functions that they came from, strings are marshalled, and structures
    // passed by pointer are locals of the size that SDL's headers give them. Callers check results and stay on one thread, but for PushEvent.
    [LibraryImport(Library, EntryPoint = "SDL_Init")]
    internal static partial int Init(uint parts);

    [LibraryImport(Library, EntryPoint = "SDL_Quit")]
    internal static partial void Quit();

    [LibraryImport(Library, EntryPoint = "SDL_GetError")]
    internal static partial nint GetError();

    [LibraryImport(Library, EntryPoint = "SDL_SetHint", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetHint(string name, string value);

    [LibraryImport(Library, EntryPoint = "SDL_setenv", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport(Library, EntryPoint = "SDL_CreateWindow", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint CreateWindow(string title, int x, int y, int width, int height, uint flags);

    [LibraryImport(Library, EntryPoint = "SDL_DestroyWindow")]
    internal static partial void DestroyWindow(nint window);

    [LibraryImport(Library, EntryPoint = "SDL_SetWindowTitle", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetWindowTitle(nint window, string title);

    [LibraryImport(Library, EntryPoint = "SDL_SetWindowSize")]
    internal static partial void SetWindowSize(nint window, int width, int height);

    [LibraryImport(Library, EntryPoint = "SDL_GetWindowSize")]
    internal static partial void GetWindowSize(nint window, out int width, out int height);

    [LibraryImport(Library, EntryPoint = "SDL_SetWindowFullscreen")]
    internal static partial int SetWindowFullscreen(nint window, uint flags);

    [LibraryImport(Library, EntryPoint = "SDL_SetWindowGrab")]
    internal static partial void SetWindowGrab(nint window, int isGrabbed);

    [LibraryImport(Library, EntryPoint = "SDL_SetRelativeMouseMode")]
    internal static partial int SetRelativeMouseMode(int isRelative);

    [LibraryImport(Library, EntryPoint = "SDL_StopTextInput")]
    internal static partial void StopTextInput();

    [LibraryImport(Library, EntryPoint = "SDL_CreateRenderer")]
    internal static partial nint CreateRenderer(nint window, int index, uint flags);

    [LibraryImport(Library, EntryPoint = "SDL_DestroyRenderer")]
    internal static partial void DestroyRenderer(nint renderer);

    [LibraryImport(Library, EntryPoint = "SDL_GetRendererOutputSize")]
    internal static partial int GetRendererOutputSize(nint renderer, out int width, out int height);

    [LibraryImport(Library, EntryPoint = "SDL_CreateTexture")]
    internal static partial nint CreateTexture(nint renderer, uint format, int access, int width, int height);

    [LibraryImport(Library, EntryPoint = "SDL_DestroyTexture")]
    internal static partial void DestroyTexture(nint texture);

    [LibraryImport(Library, EntryPoint = "SDL_UpdateTexture")]
    internal static partial int UpdateTexture(nint texture, Rectangle* area, void* pixels, int pitch);

    [LibraryImport(Library, EntryPoint = "SDL_RenderClear")]
    internal static partial int RenderClear(nint renderer);

    [LibraryImport(Library, EntryPoint = "SDL_RenderCopy")]
    internal static partial int RenderCopy(nint renderer, nint texture, Rectangle* from, Rectangle* to);

    [LibraryImport(Library, EntryPoint = "SDL_RenderPresent")]
    internal static partial void RenderPresent(nint renderer);

    [LibraryImport(Library, EntryPoint = "SDL_WaitEventTimeout")]
    internal static partial int WaitEventTimeout(byte* @event, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "SDL_PushEvent")]
    internal static partial int PushEvent(byte* @event);

    /// <summary>SDL_Rect.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Rectangle
    {
        internal int X;
        internal int Y;
        internal int Width;
        internal int Height;
    }
}

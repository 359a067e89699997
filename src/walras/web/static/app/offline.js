// The page that stands where no network is: it says what still waits to be sent, and goes on by itself.

addEventListener("online", () => location.reload());

const opening = indexedDB.open("walras", 1);
opening.onupgradeneeded = () => opening.result.createObjectStore("events", { keyPath: "id" });
opening.onsuccess = () => {
  const counting = opening.result.transaction("events").objectStore("events").count();
  counting.onsuccess = () => {
    const line = document.getElementById("unsent");
    line.hidden = counting.result === 0;
    line.textContent = line.dataset.words.replace("{n}", String(counting.result));
  };
};
document.getElementById("again").href = location.href;

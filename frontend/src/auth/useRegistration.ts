import { useQuery } from "@tanstack/react-query";

import { keys } from "@/app/queries";
import { useServices } from "@/app/services";

import { askRegistration } from "./registration";

/** Who may make an account here; undefined as long as that is not known. */
export function useRegistration() {
  const { apiUrl } = useServices();
  return useQuery({
    queryKey: keys.registration,
    queryFn: ({ signal }) => askRegistration(apiUrl, signal),
  });
}

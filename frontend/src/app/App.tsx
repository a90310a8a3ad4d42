import { Tooltip } from "@base-ui/react/tooltip";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";

import { SessionGate } from "@/auth/SessionGate";
import { Toasts } from "@/ui/Toasts";

import { ErrorBoundary } from "./ErrorBoundary";
import { Pages } from "./Pages";
import { type Services, ServicesContext } from "./services";

export function App({ services, queryClient }: { services: Services; queryClient: QueryClient }) {
  return (
    <ErrorBoundary>
      <ServicesContext value={services}>
        <QueryClientProvider client={queryClient}>
          <Tooltip.Provider delay={500}>
            <Toasts>
              <BrowserRouter>
                <SessionGate>{(userId) => <Pages userId={userId} />}</SessionGate>
              </BrowserRouter>
            </Toasts>
          </Tooltip.Provider>
        </QueryClientProvider>
      </ServicesContext>
    </ErrorBoundary>
  );
}

/** Programs in Python that read OpenAPI documents. */

/** The environment of all of them: its name, and what is in it. */
export const OPENAPI_TOOLS = ['openapi', ['openapi-spec-validator==0.9.0', 'schemathesis==4.32.5']] as const

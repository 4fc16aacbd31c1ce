// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/* Builds where libcrypto can be compiled and linked with. */
#include <openssl/cms.h>
#include <openssl/evp.h>

int main(void)
{
	CMS_ContentInfo_free(NULL);
	return EVP_sha256() == NULL;
}
